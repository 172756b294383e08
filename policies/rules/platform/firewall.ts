import { isIP } from "node:net";
import { type Fault, isListed, type Rule } from "../../engine/rule.ts";
import { list } from "../../engine/values.ts";

/** Shortest prefix of a single organization's network: a /8, or a /16 of IPv6. A shorter one counts as the internet. */
const shortest = { 4: 8, 6: 16 } as const;

/**
 * Whether a source is the internet, or so much of it that a few such rules are all of it, as 0.0.0.0/1 and 128.0.0.0/1.
 * What cannot be read as a network may be anything.
 */
function isAnywhere(source: string): boolean {
  const [address = "", prefix, ...more] = source.split("/");
  const version = isIP(address);
  if ((version !== 4 && version !== 6) || more.length > 0) return true;
  if (prefix === undefined) return false;
  return !/^\d{1,3}$/.test(prefix) || Number(prefix) < shortest[version];
}

/** For everyone. */
const open = [80, 443];
/** For administrators: SSH and the Kubernetes API. */
const admin = [22, 6443];

export const firewall: Rule = {
  name: "firewall",
  description: "Hosts are open to the whole internet at 80 and 443 only.",
  severity: "critical",
  why: "exposed SSH and Kubernetes APIs are scanned within minutes and attacked as soon as a flaw is published",
  fix: "name your networks in sophia-infra:lambda.firewall.adminNetworks, or the stack in adminPortsFromAnywhere of policies/settings.yaml",
  evaluate(subject, { stack, settings }) {
    if (!/^pulumi-nodejs:dynamic\/lambda:FirewallRule(?:s|set)?$/.test(subject.type)) return [];
    const allowed = isListed(stack, settings.adminPortsFromAnywhere) ? [...open, ...admin] : open;
    return ["rules", "initialRules"].flatMap((field) =>
      list(subject.props[field]).flatMap(({ protocol, ports, source }, index): Fault[] => {
        if (typeof source !== "string" || !isAnywhere(source) || protocol === "icmp") return [];
        const [first, last] = Array.isArray(ports) ? ports.map(Number) : [0, 65535];
        const fine = protocol === "tcp" && first === last && allowed.some((port) => port === first);
        if (fine) return [];
        const what = first === last ? `port ${first}` : `ports ${first} to ${last}`;
        return [{ path: `${field}[${index}]`, message: `${String(protocol)} ${what} is open to ${source}` }];
      }),
    );
  },
};
