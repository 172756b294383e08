import { asError } from "../../../../../components/core/errors.ts";
import { notYet, Unrecoverable, waitFor } from "../../../../../components/core/wait.ts";
import type { Cluster, WriteOptions } from "../cluster/cluster.ts";
import { NoMatch } from "../cluster/discovery.ts";
import { isAlreadyExists, isConflict, isNotFound } from "../cluster/http.ts";
import { annotation, at, type KubeObject, list, nameOf, namespaceOf, put, text } from "../object/access.ts";
import { annotations, isTrue } from "../object/annotations.ts";
import { isCustomResourceDefinition, kindOfObject } from "../object/kind.ts";
import { suffix } from "../object/naming.ts";
import { clone } from "../object/normalize.ts";
import type { Session } from "../provider/session.ts";

/** Names under which this provider writes without server-side apply. */
const ownWriters = new Set(["pulumi-kubernetes", "pulumi-kubernetes.exe", "pulumi-resource-kubernetes"]);
/** Managers whose fields this provider adopts at the first update. */
const takenOver = new Set([...ownWriters, "kubectl", "before-first-apply"]);

/** The field manager: from the annotation, from the state, or a new one. */
export const fieldManagerOf = (object: KubeObject, remembered: string): string =>
  annotation(object, annotations.patchFieldManager) ||
  remembered ||
  `pulumi-kubernetes-${suffix(new Uint8Array())}`;

function forced(
  session: Session,
  inputs: KubeObject,
  live: KubeObject | undefined,
  preview: boolean,
): boolean {
  if (isTrue(inputs, annotations.patchForce) || session.settings.enablePatchForce) return true;
  const managers = list(live, "metadata", "managedFields");
  if (live && managers.length === 0) return true;
  if (!preview) return false;
  // The update adopts these fields first, which a dry run cannot do.
  return (
    live === undefined ||
    managers.some((entry) => text(entry, "operation") === "Update" && ownWriters.has(text(entry, "manager")))
  );
}

const conflictHelp = (manager: string, error: Error): Error =>
  new Error(
    "server-side apply field conflict detected, see https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/" +
      "managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources for troubleshooting help\n" +
      `The resource managed by field manager "${manager}" had an apply conflict: ${error.message}`,
    { cause: error },
  );

const existsHelp = (error: Error): Error =>
  Object.assign(
    new Error(
      `${error.message}

The resource already exists in the cluster. This can happen when:

  - Renaming a Pulumi resource: use an alias to preserve the identity,
    or use deleteBeforeReplace if the resource needs replacement.
  - Managing an existing resource: use a Patch resource (e.g. NamespacePatch)
    to manage specific fields without owning the resource lifecycle.
  - Adopting a resource into Pulumi: use \`pulumi import\`. Note that
    protected resources (e.g. kube-system) cannot be deleted on destroy.
  - Intentional upsert: set upsertExistingObjects on the provider to allow
    server-side apply to update existing objects on create.`,
      { cause: error },
    ),
  );

async function apply(cluster: Cluster, object: KubeObject, options: WriteOptions): Promise<KubeObject> {
  try {
    return await cluster.apply(object, options);
  } catch (error) {
    if (isConflict(error)) throw conflictHelp(options.fieldManager ?? "", error);
    throw error;
  }
}

/** Seconds for which a create waits for its namespace or its kind. */
const orderingDeadline = 60;

/**
 * Creates the object. A manifest's objects are created concurrently, so a missing namespace or kind is awaited.
 * Where existing objects are adopted, one of another resource of the program is not: on a stack that adopts none, the
 * update would fail halfway.
 */
export async function createObject(
  session: Session,
  cluster: Cluster,
  request: { urn: string; inputs: KubeObject; fieldManager: string; preview: boolean },
): Promise<KubeObject> {
  const { urn, inputs, fieldManager, preview } = request;
  const { owners } = session;
  const free = preview || owners.claim(inputs, urn);
  const adopts = free && session.settings.upsertExistingObjects;
  const once = async () => {
    try {
      // A fixed field manager, so that the first update can adopt the fields.
      return await cluster.create(inputs, { fieldManager: "pulumi-kubernetes", dryRun: preview });
    } catch (error) {
      if (!adopts || !isAlreadyExists(error)) throw error;
      const live = await cluster.get(kindOfObject(inputs), namespaceOf(inputs), nameOf(inputs));
      return updateObject(session, cluster, { inputs, live, fieldManager, ignoreChanges: [], preview });
    }
  };
  if (preview) return once();
  let tries = 0;
  const what = `the API server to accept ${nameOf(inputs)}`;
  const wait = { what, deadline: orderingDeadline, interval: 1, signal: session.signal };
  let reason: Error = new Error("not tried");
  try {
    return await waitFor(wait, async () => {
      try {
        const made = await once();
        if (tries > 0) session.log.status("info", urn, "");
        return made;
      } catch (cause) {
        const error = asError(cause);
        if (!(error instanceof NoMatch) && !isNotFound(error)) throw new Unrecoverable(error);
        reason = error;
        if (error instanceof NoMatch) cluster.discovery.reset();
        session.log.status("info", urn, `Retry #${tries}; creation failed: ${error.message}`);
        tries += 1;
        return notYet(error.message);
      }
    });
  } catch (error) {
    owners.release(inputs, urn);
    if (isAlreadyExists(error)) throw existsHelp(error);
    if (session.signal.aborted || !(error instanceof Error) || error.name !== "WaitTimeout") throw error;
    throw reason;
  }
}

/** Assigns fields that were written without server-side apply to our manager, so that a later apply can remove them. */
async function takeOver(cluster: Cluster, live: KubeObject, fieldManager: string): Promise<KubeObject> {
  const entries = list(live, "metadata", "managedFields");
  const foreign = (entry: KubeObject) =>
    takenOver.has(text(entry, "manager")) &&
    text(entry, "subresource") === "" &&
    entry.manager !== fieldManager;
  if (!entries.some(foreign)) return live;
  const ours = entries.find(
    (entry) => text(entry, "manager") === fieldManager && text(entry, "operation") === "Apply",
  );
  const merged = entries
    .filter((entry) => foreign(entry) || entry === ours)
    .reduce<KubeObject>((fields, entry) => mergeFields(fields, at(entry, "fieldsV1")), {});
  const [model] = entries.filter(foreign);
  const entry = { ...clone(model ?? {}), manager: fieldManager, operation: "Apply", fieldsV1: merged };
  const rest = entries.filter((other) => !foreign(other) && other !== ours);
  return cluster.patch(live, [
    { op: "replace", path: "/metadata/managedFields", value: [...rest, entry] },
    // Makes the server reject the patch after a concurrent write.
    { op: "replace", path: "/metadata/resourceVersion", value: text(live, "metadata", "resourceVersion") },
  ]);
}

function mergeFields(into: KubeObject, fields: KubeObject[string] | undefined): KubeObject {
  const result = clone(into);
  if (fields === undefined || fields === null || typeof fields !== "object" || Array.isArray(fields))
    return result;
  for (const [key, value] of Object.entries(fields as KubeObject)) {
    const present = result[key];
    const isTree = present !== null && typeof present === "object" && !Array.isArray(present);
    result[key] = mergeFields(isTree ? (present as KubeObject) : {}, value);
  }
  return result;
}

/** Keeps the live values of ignored properties. */
function keepIgnored(inputs: KubeObject, live: KubeObject, ignoreChanges: string[]): void {
  for (const ignored of ignoreChanges) {
    const path = ignored.split(".");
    const value = at(live, ...path);
    if (value !== undefined) put(inputs, clone(value), ...path);
  }
}

/** Seconds for which a write is retried after conflicts with controllers. */
const conflictDeadline = 30;

/** Writes to the object's newest version; after a conflict reads it again and retries. */
function onNewest(
  session: Session,
  cluster: Cluster,
  live: KubeObject,
  write: (newest: KubeObject) => Promise<KubeObject>,
): Promise<KubeObject> {
  let newest = live;
  const what = `a write to ${nameOf(live)} without a conflict`;
  const wait = { what, deadline: conflictDeadline, interval: 0.2, signal: session.signal };
  return waitFor(wait, async () => {
    try {
      return await write(newest);
    } catch (cause) {
      const error = asError(cause);
      if (!isConflict(error)) throw new Unrecoverable(error);
      newest = await cluster.get(kindOfObject(live), namespaceOf(live), nameOf(live));
      return notYet(error.message);
    }
  });
}

/** Updates an object to the inputs: replaces custom resource definitions, applies everything else. */
export async function updateObject(
  session: Session,
  cluster: Cluster,
  request: {
    inputs: KubeObject;
    live: KubeObject;
    fieldManager: string;
    ignoreChanges: string[];
    preview: boolean;
  },
): Promise<KubeObject> {
  const { live, fieldManager, preview } = request;
  const inputs = clone(request.inputs);
  if (isCustomResourceDefinition(inputs))
    return onNewest(session, cluster, live, (newest) => {
      put(inputs, text(newest, "metadata", "resourceVersion"), "metadata", "resourceVersion");
      return cluster.replace(inputs, { fieldManager, dryRun: preview });
    });
  const current = preview
    ? live
    : await onNewest(session, cluster, live, (newest) => takeOver(cluster, newest, fieldManager));
  keepIgnored(inputs, current, request.ignoreChanges);
  return apply(cluster, inputs, {
    fieldManager,
    force: forced(session, inputs, current, preview),
    dryRun: preview,
  });
}

/** Releases all fields of a manager. */
export async function relinquish(cluster: Cluster, object: KubeObject, fieldManager: string): Promise<void> {
  const { apiVersion = null, kind = null } = object;
  const metadata: KubeObject = { name: nameOf(object) };
  if (namespaceOf(object)) metadata.namespace = namespaceOf(object);
  await cluster.apply({ apiVersion, kind, metadata }, { fieldManager });
}
