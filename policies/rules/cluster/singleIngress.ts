import type { Fault, Rule } from "../../engine/rule.ts";
import { object } from "../../engine/values.ts";

/** Namespace of the only Service that may be reachable from outside. */
const ingressNamespace = "ingress";

export const singleIngress: Rule = {
  name: "single-ingress",
  description: "Nginx is the only Service that can be reached from outside the cluster.",
  severity: "high",
  why: "a Service that is exposed by itself bypasses Nginx's TLS, rate limits and logs",
  fix: "make it a ClusterIP Service, and give Nginx a route to it",
  evaluate({ kubernetes }) {
    if (kubernetes?.kind !== "Service") return [];
    const { type, externalIPs } = object(kubernetes.body.spec);
    const faults: Fault[] = [];
    if (type === "LoadBalancer" || (type === "NodePort" && kubernetes.namespace !== ingressNamespace))
      faults.push({ path: "spec.type", message: `is ${type}` });
    if (Array.isArray(externalIPs) && externalIPs.length > 0)
      faults.push({ path: "spec.externalIPs", message: "takes addresses of hosts" });
    return faults;
  },
};
