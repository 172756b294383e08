import { messageOf } from "../../../../../components/core/errors.ts";
import { type CreateRequest, type CreateResult, InitializationFailed } from "../../kit/provider.ts";
import { hasUnknown } from "../../kit/values.ts";
import { awaitReady, NotReady } from "../await/await.ts";
import { NoMatch } from "../cluster/discovery.ts";
import { isAlreadyExists, isForbidden, isNamespaceMissing, StatusError } from "../cluster/http.ts";
import { annotation, idOf, text } from "../object/access.ts";
import { annotations, timeoutOf } from "../object/annotations.ts";
import { checkpoint, toObject } from "../object/checkpoint.ts";
import { describeKind, isCustomResourceDefinition, kindOfObject } from "../object/kind.ts";
import { clone } from "../object/normalize.ts";
import type { Session } from "../provider/session.ts";
import { createObject, fieldManagerOf } from "./write.ts";

/** Whether a dry run failed for a reason that need not apply to the real run. */
const inconclusive = (error: unknown): boolean =>
  isForbidden(error) ||
  isAlreadyExists(error) ||
  isNamespaceMissing(error) ||
  (error instanceof StatusError && error.code === 400 && error.message.includes("dry run"));

/** The error for writing to an unreachable cluster. */
export const unreachable = (session: Session): Error =>
  new Error(`configured Kubernetes cluster is unreachable: ${session.unreachable}`);

/** Creates an object and waits until it is ready; in a preview a dry run. */
export async function create(session: Session, request: CreateRequest): Promise<CreateResult> {
  const { urn, preview } = request;
  const { cluster } = session;
  const inputs = toObject(request.inputs);
  const asPlanned = { id: "", outputs: request.inputs };
  if (!cluster) {
    if (preview) return asPlanned;
    throw unreachable(session);
  }
  const known = !hasUnknown(inputs) && (!preview || (await cluster.discovery.has(kindOfObject(inputs))));
  if (preview && !known) return asPlanned;

  const memory = {
    initialApiVersion: text(inputs, "apiVersion"),
    fieldManager: fieldManagerOf(inputs, ""),
  };
  let created: Awaited<ReturnType<typeof createObject>>;
  try {
    created = await createObject(session, cluster, {
      urn,
      inputs: clone(inputs),
      fieldManager: memory.fieldManager,
      preview,
    });
  } catch (error) {
    if (preview && inconclusive(error)) return asPlanned;
    throw refused(urn, error);
  }
  if (preview) {
    // The status of a dry run is empty and must not be used by the program.
    delete created.status;
    return { id: "", outputs: checkpoint(created, request.inputs, memory) };
  }
  try {
    const live = await awaitReady({
      cluster,
      created: true,
      inputs,
      outputs: created,
      timeout: timeoutOf(request.timeout, inputs),
      timeoutGiven: request.timeout > 0 || annotation(inputs, annotations.timeoutSeconds) !== "",
      status: (severity, message) => session.log.status(severity, urn, message),
      signal: session.signal,
    });
    session.log.status("info", urn, "");
    if (isCustomResourceDefinition(inputs)) cluster.discovery.reset();
    return { id: idOf(live), outputs: checkpoint(live, request.inputs, memory) };
  } catch (error) {
    const live = error instanceof NotReady ? error.object : created;
    const message = messageOf(error);
    throw new InitializationFailed(
      idOf(live),
      `resource "${urn}" was successfully created, but the Kubernetes API server reported that it failed to fully initialize or become live: ${message}`,
      checkpoint(live, request.inputs, memory),
      error instanceof NotReady ? error.reasons : [],
    );
  }
}

function refused(urn: string, error: unknown): Error {
  const message = messageOf(error);
  if (error instanceof NoMatch)
    return new Error(
      `creation of resource "${urn}" with kind ${describeKind(error.gvk)} failed because the Kubernetes API server ` +
        "reported that the apiVersion for this resource does not exist. " +
        `Verify that any required CRDs have been created: ${message}`,
      { cause: error },
    );
  return new Error(
    `resource "${urn}" was not successfully created by the Kubernetes API server: ${message}`,
    { cause: error },
  );
}
