import { asError, messageOf } from "../../../../../components/core/errors.ts";
import { notYet, Unrecoverable, waitFor } from "../../../../../components/core/wait.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { isNotFound } from "../cluster/http.ts";
import type { KubeObject } from "../object/access.ts";
import { at, list, nameOf, namespaceOf, text, uidOf } from "../object/access.ts";
import { annotations, isTrue } from "../object/annotations.ts";
import { describeKind, kindOfObject } from "../object/kind.ts";
import type { Log } from "../provider/log.ts";
import { NotReady } from "./await.ts";

/** Kinds whose deletion is not waited for when `pulumi.com/skipAwait` is set. */
const skippable = new Set([
  "v1/Namespace",
  "v1/Pod",
  "v1/ReplicationController",
  "apps/v1/DaemonSet",
  "apps/v1/Deployment",
  "apps/v1/StatefulSet",
  "batch/v1/Job",
]);

/** Why a deletion takes its time. */
function obstacle(live: KubeObject): string {
  const finalizers = at(live, "metadata", "finalizers");
  const names = Array.isArray(finalizers) ? finalizers.join(", ") : "";
  const remaining = list(live, "status", "conditions")
    .filter((entry) => text(entry, "status") === "True" && text(entry, "message"))
    .map((entry) => text(entry, "message"));
  return [
    names ? `finalizers might be preventing deletion (${names})` : "it is still there",
    ...remaining,
  ].join("; ");
}

export interface DeletionOptions {
  cluster: Cluster;
  urn: string;
  inputs: KubeObject;
  /** The object as it was when its deletion was asked for. */
  outputs: KubeObject;
  /** Seconds. */
  timeout: number;
  log: Log;
  signal: AbortSignal;
}

/** Waits until the object, or this incarnation of it, is gone. */
export async function awaitDeleted(options: DeletionOptions): Promise<void> {
  const { cluster, urn, inputs, outputs, timeout, log, signal } = options;
  const gvk = kindOfObject(outputs);
  if (isTrue(inputs, annotations.skipAwait) && skippable.has(describeKind(gvk))) return;
  let live = outputs;
  const uid = uidOf(outputs);
  const what = `${describeKind(gvk)} ${nameOf(outputs)} to be deleted`;
  try {
    await waitFor({ what, deadline: timeout, interval: 0.5, signal }, async () => {
      try {
        live = await cluster.get(gvk, namespaceOf(outputs), nameOf(outputs));
      } catch (error) {
        if (isNotFound(error)) return true;
        throw new Unrecoverable(asError(error));
      }
      if (uid && uidOf(live) !== uid) return true;
      return notYet(obstacle(live));
    });
  } catch (error) {
    if (signal.aborted)
      throw new NotReady(`Resource operation was cancelled for "${nameOf(live)}"`, live, [obstacle(live)]);
    const message = messageOf(error);
    log.log("warning", urn, obstacle(live));
    throw new NotReady(message, live, [obstacle(live)]);
  }
}
