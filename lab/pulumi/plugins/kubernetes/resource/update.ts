import { asError, messageOf } from "../../../../../components/core/errors.ts";
import { InitializationFailed, type UpdateRequest, type UpdateResult } from "../../kit/provider.ts";
import { hasUnknown } from "../../kit/values.ts";
import { awaitReady, NotReady } from "../await/await.ts";
import { NoMatch } from "../cluster/discovery.ts";
import { isForbidden } from "../cluster/http.ts";
import { annotation, idOf, nameOf, namespaceOf, text } from "../object/access.ts";
import { annotations, timeoutOf } from "../object/annotations.ts";
import { checkpoint, parseCheckpoint, toObject } from "../object/checkpoint.ts";
import { isCustomResourceDefinition, kindOfObject } from "../object/kind.ts";
import { normalize } from "../object/normalize.ts";
import type { Session } from "../provider/session.ts";
import { unreachable } from "./create.ts";
import { fieldManagerOf, relinquish, updateObject } from "./write.ts";

/** Updates an object and waits until it is ready; in a preview a dry run. */
export async function update(session: Session, request: UpdateRequest): Promise<UpdateResult> {
  const { urn, preview } = request;
  const { cluster } = session;
  const inputs = normalize(toObject(request.news));
  const gvk = kindOfObject(inputs);
  if (!cluster) {
    if (preview) return { outputs: request.news };
    throw unreachable(session);
  }
  if (preview && (hasUnknown(inputs) || !(await cluster.discovery.has(gvk))))
    return { outputs: request.news };

  const old = parseCheckpoint(request.olds);
  const oldInputs = toObject(request.oldInputs);
  const memory = {
    initialApiVersion: old.initialApiVersion || text(oldInputs, "apiVersion"),
    fieldManager: fieldManagerOf(inputs, old.fieldManager),
  };
  const before = fieldManagerOf(oldInputs, old.fieldManager);
  const read = () => cluster.get(gvk, namespaceOf(old.live), nameOf(old.live));
  let initialized: Awaited<ReturnType<typeof read>>;
  try {
    const live = await read();
    const outputs = await updateObject(session, cluster, {
      inputs,
      live,
      fieldManager: memory.fieldManager,
      ignoreChanges: request.ignoreChanges,
      preview,
    });
    if (preview) return { outputs: checkpoint(outputs, request.news, memory) };
    initialized = await awaitReady({
      cluster,
      created: false,
      inputs,
      outputs,
      timeout: timeoutOf(request.timeout, inputs),
      timeoutGiven: request.timeout > 0 || annotation(inputs, annotations.timeoutSeconds) !== "",
      status: (severity, message) => session.log.status(severity, urn, message),
      signal: session.signal,
    });
  } catch (cause) {
    const error = asError(cause);
    if (preview && isForbidden(error)) return { outputs: request.news };
    if (error instanceof NoMatch)
      throw new Error(
        `update of resource "${urn}" failed because the Kubernetes API server reported that the apiVersion for this resource ` +
          `does not exist. Verify that any required CRDs have been created: ${error.message}`,
        { cause: error },
      );
    const live = await read().catch((reading) => {
      const why = messageOf(reading);
      throw new Error(
        `update of resource "${urn}" failed: ${error.message}\nunable to get cluster state: ${why}`,
        { cause: error },
      );
    });
    throw new InitializationFailed(
      idOf(live),
      `the Kubernetes API server reported that "${idOf(live)}" failed to fully initialize or become live: ${error.message}`,
      checkpoint(live, request.news, memory),
      error instanceof NotReady ? error.reasons : [],
    );
  }
  session.log.status("info", urn, "");
  if (isCustomResourceDefinition(inputs)) cluster.discovery.reset();
  if (before !== memory.fieldManager) await relinquish(cluster, initialized, before);
  return { outputs: checkpoint(initialized, request.news, memory) };
}
