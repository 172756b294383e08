import type { StackRule } from "../../engine/rule.ts";
import { isOpaque, type Json, list, object } from "../../engine/values.ts";
import { namespacesWithout } from "./namespacePolicies.ts";

export const namespaceDns: StackRule = {
  name: "namespace-dns",
  description: "Every namespace of the stack lets its pods ask the cluster's DNS.",
  severity: "medium",
  why: "where all else is refused a pod that cannot look a name up fails in ways that look like anything but that",
  fix: "add a NetworkPolicy with an empty podSelector and egress to port 53, UDP and TCP, as components/network/flows.ts does",
  judge: (subjects) =>
    namespacesWithout(subjects, mayAllowDns).map((name) => ({
      resource: `namespace ${name}`,
      message: "lets no pod ask for a name: no policy opens UDP port 53 to all of its pods",
    })),
};

/** Whether a policy lets every pod ask for names, or cannot be read yet. */
function mayAllowDns(spec: unknown): boolean {
  if (isOpaque(spec)) return true;
  const { podSelector, egress } = object(spec);
  const everyone = !isOpaque(podSelector) && Object.keys(object(podSelector)).length === 0;
  return everyone && (isOpaque(egress) || list(egress).some(mayReachDns));
}

/** A rule without ports opens all of them. */
const mayReachDns = ({ ports }: Json): boolean =>
  !Array.isArray(ports) || ports.length === 0 || list(ports).some(isDns);

const isDns = ({ port, endPort, protocol }: Json): boolean => {
  if (protocol !== "UDP") return false;
  if (port === undefined || port === "dns") return true;
  return typeof port === "number" && port <= 53 && (typeof endPort === "number" ? endPort : port) >= 53;
};
