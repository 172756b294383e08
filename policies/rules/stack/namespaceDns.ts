import type { StackRule } from "../../engine/rule.ts";
import { isOpaque, type Json, list, object } from "../../engine/values.ts";
import { namespacesWithout } from "./namespacePolicies.ts";

export const namespaceDns: StackRule = {
  name: "namespace-dns",
  description: "Every namespace of the stack lets its pods query the cluster's DNS.",
  severity: "medium",
  why: "with all other traffic refused, a pod that cannot resolve names fails with errors that do not point at DNS",
  fix: "add a NetworkPolicy with an empty podSelector and egress to port 53, UDP and TCP, as components/network/flows.ts does",
  evaluate: (subjects) =>
    namespacesWithout(subjects, allowsDns).map((name) => ({
      resource: `namespace ${name}`,
      message: "has no DNS: no policy opens UDP port 53 to all of its pods",
    })),
};

/** Whether a policy lets every pod query DNS. One that is unknown in a preview does not count. */
function allowsDns(spec: unknown): boolean {
  const { podSelector, policyTypes, egress } = object(spec);
  const everyone = !isOpaque(podSelector) && Object.keys(object(podSelector)).length === 0;
  // Without a list of types, rules for egress make it one of egress; with one that leaves Egress out they do nothing.
  const applies = policyTypes === undefined || (Array.isArray(policyTypes) && policyTypes.includes("Egress"));
  return everyone && applies && list(egress).some(opensDns);
}

/** A rule without ports opens all of them. */
const opensDns = ({ ports }: Json): boolean =>
  !Array.isArray(ports) || ports.length === 0 || list(ports).some(isDns);

const isDns = ({ port, endPort, protocol }: Json): boolean => {
  if (protocol !== "UDP") return false;
  if (port === undefined || port === "dns") return true;
  return typeof port === "number" && port <= 53 && (typeof endPort === "number" ? endPort : port) >= 53;
};
