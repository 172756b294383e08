import { InitializationFailed, type ReadRequest, type ReadResult } from "../../kit/provider.ts";
import type { Properties } from "../../kit/values.ts";
import { checkReady, NotReady } from "../await/await.ts";
import { NoMatch } from "../cluster/discovery.ts";
import { isNotFound } from "../cluster/http.ts";
import { idOf, nameOf, namespaceOf, parseId, put, remove, text } from "../object/access.ts";
import { checkpoint, parseCheckpoint, toObject } from "../object/checkpoint.ts";
import { apiVersionOf, isBuiltIn, kindOfObject, kindOfType } from "../object/kind.ts";
import { clone, keepUnstoredDefaults, normalize } from "../object/normalize.ts";
import { prune } from "../object/prune.ts";
import { annotateSecrets } from "../object/secrets.ts";
import type { Session } from "../provider/session.ts";
import { refuseUnsupported } from "./check.ts";
import { fieldManagerOf } from "./write.ts";

const gone: ReadResult = { id: "", outputs: {}, inputs: {} };

/** For an unreachable cluster: removes the resource from the state, keeps it, or fails, as configured. */
export function readUnreachable(session: Session, request: ReadRequest): ReadResult {
  const { settings, log } = session;
  const reason = `configured Kubernetes cluster is unreachable: ${session.unreachable}`;
  log.log("warning", request.urn, reason);
  if (settings.deleteUnreachable) {
    log.log(
      "info",
      request.urn,
      "configured Kubernetes cluster is unreachable and the `deleteUnreachable` option is enabled. " +
        "Deleting the unreachable resource from Pulumi state",
    );
    return gone;
  }
  if (settings.skipUpdateUnreachable) {
    log.log(
      "info",
      request.urn,
      "configured Kubernetes cluster is unreachable and the `skipUnreachable` option is enabled. " +
        "Returned data could not reflect the actual cluster configuration.",
    );
    return { id: request.id, outputs: request.state, inputs: request.inputs };
  }
  throw new Error(
    "failed to read resource state due to unreachable cluster. If the cluster was deleted, you can remove this resource " +
      "from Pulumi state by rerunning the operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable " +
      `set to "true" (${session.unreachable})`,
  );
}

/** Fields of a live object that are not inputs. */
const serverFields = [
  ["status"],
  ["metadata", "annotations", "deployment.kubernetes.io/revision"],
  ["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"],
];

/**
 * The live object and its inputs: the program's inputs with the live values. For an imported object, all fields that the
 * server does not set itself.
 */
export async function read(session: Session, request: ReadRequest): Promise<ReadResult> {
  const { type } = request;
  refuseUnsupported(type);
  const { cluster } = session;
  if (!cluster) return readUnreachable(session, request);
  const { namespace, name } = parseId(request.id);
  if (!name)
    throw new Error(
      `failed to read resource because of a failure to parse resource name from request ID: ${request.id}`,
    );
  const old = parseCheckpoint(request.state);
  let oldInputs = normalize(toObject(request.inputs));
  const foreign = kindOfObject(oldInputs).kind === "" && kindOfObject(old.live).kind === "";
  if (kindOfObject(oldInputs).kind === "") {
    const gvk = foreign ? kindOfType(type) : kindOfObject(old.live);
    oldInputs = { apiVersion: apiVersionOf(gvk), kind: gvk.kind, ...oldInputs };
    if (nameOf(oldInputs) === "") put(oldInputs, name, "metadata", "name");
    if (namespace && namespaceOf(oldInputs) === "") put(oldInputs, namespace, "metadata", "namespace");
  }

  let live: Awaited<ReturnType<typeof cluster.get>>;
  let problem: NotReady | undefined;
  try {
    live = await cluster.get(kindOfObject(oldInputs), namespaceOf(oldInputs) || namespace, name);
    if (!foreign) await checkReady(cluster, oldInputs, live);
  } catch (error) {
    if (isNotFound(error) || error instanceof NoMatch) return gone;
    if (!(error instanceof NotReady)) throw error;
    problem = error;
    live = error.object;
  }

  let liveInputs = prune(live, oldInputs);
  // The official plugin's typed objects never had them.
  if (isBuiltIn(kindOfObject(oldInputs))) liveInputs = keepUnstoredDefaults(liveInputs, oldInputs, old.live);
  if (foreign) {
    liveInputs = normalize(clone(live));
    for (const path of serverFields) remove(liveInputs, ...path);
  }
  const memory = {
    initialApiVersion: old.initialApiVersion || text(oldInputs, "apiVersion"),
    fieldManager: fieldManagerOf(oldInputs, old.fieldManager),
  };
  const state = checkpoint(live, request.inputs, memory);
  const inputs = clone(liveInputs) as Properties;
  annotateSecrets(inputs, request.inputs);
  const id = request.id || idOf(live);
  if (problem) throw new InitializationFailed(id, problem.message, state, problem.reasons, inputs);
  return { id, outputs: state, inputs };
}
