import type { Rule } from "../../engine/rule.ts";
import { isOpaque, list, object } from "../../engine/values.ts";

export const ingressTls: Rule = {
  name: "ingress-tls",
  description: "Every Ingress has TLS, for every host that it serves.",
  severity: "high",
  why: "without it passwords and sessions travel in the clear between browsers and the ingress",
  fix: "name each host under spec.tls with the Secret of its certificate",
  evaluate({ kubernetes }) {
    if (kubernetes?.kind !== "Ingress") return [];
    const { rules, tls } = object(kubernetes.body.spec);
    if (isOpaque(tls) || isOpaque(rules)) return [];
    const covered = list(tls).flatMap(({ hosts }) => (Array.isArray(hosts) ? hosts : []));
    const open = list(rules).flatMap(({ host }) =>
      typeof host === "string" && !covered.some((name) => name === host || wild(name, host)) ? [host] : [],
    );
    if (list(tls).length === 0) return [{ path: "spec.tls", message: "is not set" }];
    return open.map((host) => ({ path: "spec.tls", message: `does not cover ${host}` }));
  },
};

const wild = (name: unknown, host: string): boolean =>
  typeof name === "string" && name.startsWith("*.") && host.slice(host.indexOf(".") + 1) === name.slice(2);
