import { type Fault, isListed, type Rule } from "../../engine/rule.ts";
import { list } from "../../engine/values.ts";

const anywhere = new Set(["0.0.0.0/0", "::/0"]);
/** For everyone. */
const open = [80, 443];
/** For administrators: SSH and the Kubernetes API. */
const admin = [22, 6443];

export const firewall: Rule = {
  name: "firewall",
  description: "Hosts are open to the whole internet at 80 and 443 only.",
  severity: "critical",
  why: "SSH and the Kubernetes API are tried by robots within minutes, and every flaw in them is theirs the day it is known",
  fix: "name your networks in sophia-infra:lambda.firewall.adminNetworks, or the stack in adminPortsFromAnywhere of policies/settings.yaml",
  judge(subject, { stack, settings }) {
    if (!/^pulumi-nodejs:dynamic\/lambda:FirewallRule(?:s|set)?$/.test(subject.type)) return [];
    const allowed = isListed(stack, settings.adminPortsFromAnywhere) ? [...open, ...admin] : open;
    return ["rules", "initialRules"].flatMap((field) =>
      list(subject.props[field]).flatMap(({ protocol, ports, source }, index): Fault[] => {
        if (typeof source !== "string" || !anywhere.has(source) || protocol === "icmp") return [];
        const [first, last] = Array.isArray(ports) ? ports.map(Number) : [0, 65535];
        const fine = protocol === "tcp" && first === last && allowed.some((port) => port === first);
        if (fine) return [];
        const what = first === last ? `port ${first}` : `ports ${first} to ${last}`;
        return [{ path: `${field}[${index}]`, message: `${String(protocol)} ${what} is open to ${source}` }];
      }),
    );
  },
};
