import type { Subject } from "../../engine/rule.ts";
import { isOpaque, object } from "../../engine/values.ts";

/** Names of the namespaces that have no network policy of some kind, given by its spec. Pure. */
export function namespacesWithout(subjects: Subject[], isWanted: (spec: unknown) => boolean): string[] {
  const objects = subjects.flatMap(({ kubernetes }) => kubernetes ?? []);
  const wanted = objects.filter(({ kind, body }) => kind === "NetworkPolicy" && isWanted(body.spec));
  // One whose namespace is not known yet may be any namespace's.
  if (wanted.some(({ body }) => isOpaque(object(body.metadata).namespace))) return [];
  const having = new Set(wanted.map(({ namespace }) => namespace));
  return objects
    .filter(({ kind, name }) => kind === "Namespace" && name !== "" && !having.has(name))
    .map(({ name }) => name);
}
