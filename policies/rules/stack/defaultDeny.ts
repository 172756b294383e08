import type { StackRule } from "../../engine/rule.ts";
import { isOpaque, object } from "../../engine/values.ts";
import { namespacesWithout } from "./namespacePolicies.ts";

export const defaultDeny: StackRule = {
  name: "namespace-default-deny",
  description:
    "Every namespace of the stack refuses all traffic that no network policy allows, in both directions.",
  severity: "high",
  why: "without it a compromised pod can connect to every other pod and to the internet",
  fix: "add a NetworkPolicy with an empty podSelector, policyTypes Ingress and Egress, and no rules, as components/network does",
  evaluate: (subjects) =>
    namespacesWithout(subjects, refusesAll).map((name) => ({
      resource: `namespace ${name}`,
      message: "has no default-deny policy: its pods may send and receive all traffic",
    })),
};

/** Whether a policy refuses all traffic of all pods. One that is unknown in a preview does not count. */
function refusesAll(spec: unknown): boolean {
  const { podSelector, policyTypes, ingress, egress } = object(spec);
  const empty = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0);
  const everyone = !isOpaque(podSelector) && Object.keys(object(podSelector)).length === 0;
  const both =
    Array.isArray(policyTypes) && ["Ingress", "Egress"].every((type) => policyTypes.includes(type));
  return everyone && both && empty(ingress) && empty(egress);
}
