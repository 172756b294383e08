import { messageOf } from "../../../../../components/core/errors.ts";
import { notYet, Unrecoverable, WaitTimeout, waitFor } from "../../../../../components/core/wait.ts";
import type { Severity } from "../../../rpc/engine.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { KubeObject } from "../object/access.ts";
import { annotation, nameOf, namespaceOf, uidOf } from "../object/access.ts";
import { annotations, isTrue } from "../object/annotations.ts";
import { describeKind, kindOfObject } from "../object/kind.ts";
import { waitForAnnotation } from "./annotation/waitFor.ts";
import type { AwaitContext, Awaiter, Judge, Judgement } from "./awaiter.ts";
import { daemonSet } from "./daemonSet.ts";
import { deployment } from "./deployment.ts";
import { job } from "./job.ts";
import { warningsAbout } from "./related.ts";
import { service } from "./service.ts";
import * as simple from "./simple.ts";
import { statefulSet } from "./statefulSet.ts";

/** Kinds with more to them than that the API server has stored them. */
const awaiters: Record<string, Awaiter> = {
  "apps/v1/DaemonSet": daemonSet,
  "apps/v1/Deployment": deployment,
  "apps/v1/StatefulSet": statefulSet,
  "batch/v1/Job": job,
  "networking.k8s.io/v1/Ingress": simple.ingress,
  "apiextensions.k8s.io/v1/CustomResourceDefinition": simple.customResourceDefinition,
  "v1/Namespace": simple.namespace,
  "v1/PersistentVolume": simple.persistentVolume,
  "v1/PersistentVolumeClaim": simple.persistentVolumeClaim,
  "v1/Pod": simple.pod,
  "v1/ReplicationController": simple.replicationController,
  "v1/ResourceQuota": simple.resourceQuota,
  "v1/Secret": simple.secret,
  "v1/Service": service,
};

/** An object that exists and did not become ready. `object` is how it was seen last. */
export class NotReady extends Error {
  readonly object: KubeObject;
  readonly reasons: string[];
  constructor(message: string, object: KubeObject, reasons: string[]) {
    super(message);
    this.name = "NotReady";
    this.object = object;
    this.reasons = [...new Set(reasons)];
  }
}

export interface AwaitOptions {
  cluster: Cluster;
  /** After a create; otherwise after an update. */
  created: boolean;
  inputs: KubeObject;
  outputs: KubeObject;
  /** Seconds. */
  timeout: number;
  /** The program named the timeout, so it holds also where the kind has a shorter one of its own. */
  timeoutGiven: boolean;
  status(severity: Severity, message: string): void;
  signal: AbortSignal;
}

const awaiterOf = (object: KubeObject): Awaiter | undefined => awaiters[describeKind(kindOfObject(object))];

/** The object's own word on what to wait for before the rule of its kind; undefined where nothing is to wait for. */
function chooseJudge(context: AwaitContext): Judge | undefined {
  if (isTrue(context.inputs, annotations.skipAwait)) return undefined;
  const wanted = annotation(context.outputs, annotations.waitFor);
  return wanted ? waitForAnnotation(wanted) : awaiterOf(context.outputs)?.judge(context);
}

const readAgain = (cluster: Cluster, object: KubeObject) =>
  cluster.get(kindOfObject(object), namespaceOf(object), nameOf(object));

/** Waits until an object that was created or updated is ready, and returns it as it is then. */
export async function awaitReady(options: AwaitOptions): Promise<KubeObject> {
  const { cluster, inputs, outputs, status, signal } = options;
  const context: AwaitContext = {
    cluster,
    inputs,
    outputs,
    created: options.created,
    now: () => Date.now(),
    once: false,
  };
  const judge = chooseJudge(context);
  if (!judge) return outputs;
  const said = new Set<string>();
  let live = outputs;
  let last: Judgement = { ready: false, reasons: [] };
  const own = awaiterOf(outputs)?.timeout;
  const deadline = own !== undefined && !options.timeoutGiven ? own : options.timeout;
  const fail = async (message: string) => {
    const reasons = last.ready ? [] : last.reasons;
    const uids = [uidOf(live), ...(last.ready ? [] : (last.related ?? []))];
    const unread = (error: unknown) => [`the events cannot be read: ${messageOf(error)}`];
    const events = signal.aborted ? [] : await warningsAbout(cluster, namespaceOf(live), uids).catch(unread);
    return new NotReady(message, live, [...reasons, ...events]);
  };
  let first = true;
  try {
    await waitFor({ what: `${nameOf(outputs)} to be ready`, deadline, interval: 1, signal }, async () => {
      // The answer of the API server is as good as a first look.
      if (!first) live = await readAgain(cluster, outputs);
      first = false;
      last = await judge(live);
      for (const { severity, text } of last.messages ?? []) {
        if (!said.has(text)) status(severity, text);
        said.add(text);
      }
      if (last.ready) return true;
      if (last.hopeless)
        throw new Unrecoverable(
          await fail(`Resource '${nameOf(live)}' was created but failed to initialize`),
        );
      return notYet(last.reasons.join("; "));
    });
  } catch (error) {
    if (error instanceof NotReady) throw error;
    if (signal.aborted) throw await fail(`Resource operation was cancelled for "${nameOf(live)}"`);
    if (error instanceof WaitTimeout) {
      const failure = await fail(`'${nameOf(live)}' timed out waiting to be Ready`);
      throw failure.reasons.length > 0 ? failure : new NotReady(failure.message, live, [error.lastError]);
    }
    throw error;
  }
  return live;
}

/** Looks once at an object that is read; throws `NotReady` when it is not ready. */
export async function checkReady(cluster: Cluster, inputs: KubeObject, live: KubeObject): Promise<void> {
  const awaiter = awaiterOf(live);
  if (!awaiter?.onRead || isTrue(inputs, annotations.skipAwait)) return;
  const context: AwaitContext = {
    cluster,
    inputs,
    outputs: live,
    created: false,
    now: () => Date.now(),
    once: true,
  };
  const judgement = await awaiter.judge(context)(live);
  if (judgement.ready) return;
  throw new NotReady(
    `Resource '${nameOf(live)}' was created but failed to initialize`,
    live,
    judgement.reasons,
  );
}
