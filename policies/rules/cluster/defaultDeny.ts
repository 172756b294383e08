import type { Subject } from "../../engine/rule.ts";
import { isOpaque, object } from "../../engine/values.ts";

/** What is said of a namespace that stands open. */
export const defaultDenyText = {
  name: "namespace-default-deny",
  description:
    "Every namespace of the stack refuses all traffic that no network policy allows, in both directions.",
  severity: "high",
  fix: "add a NetworkPolicy with an empty podSelector, policyTypes Ingress and Egress, and no rules, as components/network does",
} as const;

/** Names of the namespaces that have no policy which refuses everything. Pure. */
export function openNamespaces(subjects: Subject[]): string[] {
  const objects = subjects.flatMap(({ kubernetes }) => kubernetes ?? []);
  const walls = objects.filter(({ kind, body }) => kind === "NetworkPolicy" && mayRefuseAll(body.spec));
  // One whose namespace is not known yet may be any namespace's.
  if (walls.some(({ body }) => isOpaque(object(body.metadata).namespace))) return [];
  const walled = new Set(walls.map(({ namespace }) => namespace));
  return objects
    .filter(({ kind, name }) => kind === "Namespace" && name !== "" && !walled.has(name))
    .map(({ name }) => name);
}

/** Whether a policy refuses everything for everyone, or cannot be read yet. */
function mayRefuseAll(spec: unknown): boolean {
  if (isOpaque(spec)) return true;
  const { podSelector, policyTypes, ingress, egress } = object(spec);
  const empty = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0);
  const everyone = !isOpaque(podSelector) && Object.keys(object(podSelector)).length === 0;
  const both =
    Array.isArray(policyTypes) && ["Ingress", "Egress"].every((type) => policyTypes.includes(type));
  return everyone && both && empty(ingress) && empty(egress);
}
