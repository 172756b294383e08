import type { StackRule } from "../../engine/rule.ts";
import { isOpaque, object } from "../../engine/values.ts";
import { namespacesWithout } from "./namespacePolicies.ts";

export const defaultDeny: StackRule = {
  name: "namespace-default-deny",
  description:
    "Every namespace of the stack refuses all traffic that no network policy allows, in both directions.",
  severity: "high",
  why: "without it a pod that somebody broke into talks to every other pod, and to the internet",
  fix: "add a NetworkPolicy with an empty podSelector, policyTypes Ingress and Egress, and no rules, as components/network does",
  judge: (subjects) =>
    namespacesWithout(subjects, mayRefuseAll).map((name) => ({
      resource: `namespace ${name}`,
      message: "refuses nothing: every pod in it may talk to everyone",
    })),
};

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
