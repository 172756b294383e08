import { type DeleteRequest, InitializationFailed } from "../../kit/provider.ts";
import { NotReady } from "../await/await.ts";
import { awaitDeleted } from "../await/deletion.ts";
import { NoMatch } from "../cluster/discovery.ts";
import { isNotFound } from "../cluster/http.ts";
import { idOf, namespaceOf, parseId } from "../object/access.ts";
import { propagationPolicyOf, timeoutOf } from "../object/annotations.ts";
import { checkpoint, parseCheckpoint, toObject } from "../object/checkpoint.ts";
import { kindOfObject } from "../object/kind.ts";
import type { Session } from "../provider/session.ts";

/** Deletes an object and waits until it no longer exists. A missing object or kind is not an error. */
export async function remove(session: Session, request: DeleteRequest): Promise<void> {
  const { urn } = request;
  const { cluster, log, settings } = session;
  const { live, initialApiVersion, fieldManager } = parseCheckpoint(request.state);
  const inputs = toObject(request.oldInputs);
  if (!cluster) {
    log.log("warning", urn, `configured Kubernetes cluster is unreachable: ${session.unreachable}`);
    if (settings.deleteUnreachable) {
      log.log(
        "info",
        urn,
        "configured Kubernetes cluster is unreachable and the `deleteUnreachable` option is enabled. " +
          "Deleting the unreachable resource from Pulumi state",
      );
      return;
    }
    throw new Error(
      "configured Kubernetes cluster is unreachable. If the cluster was deleted, you can remove this resource from Pulumi state " +
        'by rerunning the operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"',
    );
  }
  const { name } = parseId(request.id);
  try {
    await cluster.delete(kindOfObject(live), namespaceOf(live), name, propagationPolicyOf(inputs));
  } catch (error) {
    if (!isNotFound(error) && !(error instanceof NoMatch)) throw error;
    session.owners.release(live, urn);
    return;
  }
  try {
    await awaitDeleted({
      cluster,
      urn,
      inputs,
      outputs: live,
      timeout: timeoutOf(request.timeout, inputs),
      log,
      signal: session.signal,
    });
  } catch (error) {
    if (!(error instanceof NotReady)) throw error;
    const state = checkpoint(error.object, request.state, { initialApiVersion, fieldManager });
    throw new InitializationFailed(idOf(error.object), error.message, state, error.reasons);
  }
  session.owners.release(live, urn);
  log.status("info", urn, "");
}
