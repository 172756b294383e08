import type { Subject } from "../../engine/rule.ts";

/**
 * Names of the namespaces that have no network policy of some kind, given by its spec. A policy whose namespace is
 * unknown counts for no namespace: in the preview of a new stack it would otherwise count for all of them. Pure.
 */
export function namespacesWithout(subjects: Subject[], isWanted: (spec: unknown) => boolean): string[] {
  const objects = subjects.flatMap(({ kubernetes }) => kubernetes ?? []);
  const covered = new Set(
    objects
      .filter(({ kind, body }) => kind === "NetworkPolicy" && isWanted(body.spec))
      .map(({ namespace }) => namespace),
  );
  return objects
    .filter(({ kind, name }) => kind === "Namespace" && name !== "" && !covered.has(name))
    .map(({ name }) => name);
}
