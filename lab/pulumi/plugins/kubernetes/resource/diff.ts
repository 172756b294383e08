import { messageOf } from "../../../../../components/core/errors.ts";
import type { DiffRequest, DiffResult } from "../../kit/provider.ts";
import type { PlainObject } from "../../kit/values.ts";
import { replacing } from "../../kit/wire/diffResponse.ts";
import { checkReady } from "../await/await.ts";
import { kindOf, nameOf, namespaceOf, put, remove } from "../object/access.ts";
import { annotations, isTrue } from "../object/annotations.ts";
import { parseCheckpoint, toObject } from "../object/checkpoint.ts";
import { detailedDiff } from "../object/detailedDiff.ts";
import { forceNewProperties } from "../object/forceNew.ts";
import { apiVersionOf, isBuiltIn, kindOfObject } from "../object/kind.ts";
import { mergePatch } from "../object/mergePatch.ts";
import { isAutonamed, isNamed } from "../object/naming.ts";
import { canonicalNamespace, dropUnstoredDefaults, normalize } from "../object/normalize.ts";
import { prune } from "../object/prune.ts";
import { isNamespaced, type Session } from "../provider/session.ts";

/** Whether a path of `ignoreChanges` is equal to a path of the diff or leads to it. */
const covers = (ignored: string, path: string): boolean =>
  path === ignored || path.startsWith(`${ignored}.`) || path.startsWith(`${ignored}[`);

/**
 * Compares the live object, reduced to the shape of its inputs, with the new inputs. So the server's defaults are not a
 * difference, but changes by others are.
 */
export async function diff(session: Session, request: DiffRequest): Promise<DiffResult> {
  const { live } = parseCheckpoint(request.olds);
  const oldInputs = toObject(request.oldInputs);
  if (nameOf(live) === "") throw new Error(`the state of ${request.urn} contains no name`);
  session.owners.claim(live, request.urn);
  const written = toObject(request.news);
  const named = normalize(written);
  const gvk = kindOfObject(named);
  const sent = normalize(oldInputs);
  const newInputs = isBuiltIn(gvk) ? (dropUnstoredDefaults(named, live, sent) as PlainObject) : named;
  const pruned = prune(live, sent);

  const namespaced = await isNamespaced(session, gvk);
  canonicalNamespace(pruned, namespaced);
  canonicalNamespace(newInputs, namespaced);
  pruned.apiVersion ??= apiVersionOf(gvk);
  pruned.kind ??= gvk.kind;
  remove(pruned, "metadata", "resourceVersion");
  if (nameOf(newInputs)) put(pruned, nameOf(live), "metadata", "name");

  const patch = mergePatch(pruned, newInputs);
  const detailed = detailedDiff(patch, {
    base: pruned,
    newInputs,
    oldInputs: pruned,
    forceNew: forceNewProperties(newInputs, session.settings),
  });
  for (const path of detailed.keys())
    if (request.ignoreChanges.some((ignored) => covers(ignored, path))) detailed.delete(path);

  const replaces = replacing(detailed);
  if (detailed.get("metadata")?.kind === "delete") replaces.push("metadata");
  if (isTrue(newInputs, annotations.replaceUnready)) {
    if (!session.cluster)
      session.log.log("warning", request.urn, "Cluster is unreachable, skipping replaceUnready check");
    else if (kindOf(newInputs) !== "Job")
      session.log.log("warning", request.urn, "replaceUnready annotation is not supported for this resource");
    else if (!(await isReady(session, request, live)))
      replaces.push(`.metadata.annotations["${annotations.replaceUnready}"]`);
  }
  // An object with a fixed name must be deleted before its replacement with the same name can be created.
  const deleteBeforeReplace =
    replaces.length > 0 &&
    isNamed(newInputs) &&
    !isAutonamed(newInputs) &&
    nameOf(newInputs) === nameOf(live) &&
    namespaceOf(newInputs) === namespaceOf(live);
  return { changes: detailed.size > 0 || replaces.length > 0, replaces, deleteBeforeReplace, detailed };
}

async function isReady(session: Session, request: DiffRequest, live: PlainObject): Promise<boolean> {
  const { cluster } = session;
  if (!cluster) return true;
  try {
    const now = await cluster.get(kindOfObject(live), namespaceOf(live), nameOf(live));
    await checkReady(cluster, {}, now);
    return true;
  } catch (error) {
    session.log.log("debug", request.urn, `not ready: ${messageOf(error)}`);
    return false;
  }
}
