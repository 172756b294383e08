import type { Fault, Rule } from "../../engine/rule.ts";
import { object } from "../../engine/values.ts";

/** Where the one door from outside is. */
const door = "ingress";

export const openServices: Rule = {
  name: "one-door",
  description: "Nginx is the only Service that can be reached from outside the cluster.",
  severity: "high",
  why: "what has a door of its own is not behind Nginx's TLS, rate limits and logs",
  fix: "make it a ClusterIP Service, and give Nginx a route to it",
  judge({ kubernetes }) {
    if (kubernetes?.kind !== "Service") return [];
    const { type, externalIPs } = object(kubernetes.body.spec);
    const faults: Fault[] = [];
    if (type === "LoadBalancer" || (type === "NodePort" && kubernetes.namespace !== door))
      faults.push({ path: "spec.type", message: `is ${type}` });
    if (Array.isArray(externalIPs) && externalIPs.length > 0)
      faults.push({ path: "spec.externalIPs", message: "takes addresses of hosts" });
    return faults;
  },
};
