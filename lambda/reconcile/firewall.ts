import type { FirewallRuleRequest, WireFirewallRule, WireRuleset } from "../client/wire.ts";
import type { Context } from "./context.ts";
import { deleteWhenFree } from "./inUse.ts";
import { ensureNamed } from "./named.ts";

/** Traffic that is allowed. */
export interface FirewallRule {
  protocol: "tcp" | "udp" | "icmp" | "all";
  /** First and last port; absent for icmp. */
  ports?: [number, number];
  /** IPv4 network. */
  source: string;
  description: string;
}

/** A rule as Lambda's API takes it. */
export const toWire = (rule: FirewallRule): FirewallRuleRequest => ({
  protocol: rule.protocol,
  ...(rule.ports && { port_range: rule.ports }),
  source_network: rule.source,
  description: rule.description,
});

/** A rule of Lambda's API as the program writes it. */
export const fromWire = (rule: WireFirewallRule): FirewallRule => ({
  protocol: rule.protocol,
  ...(rule.port_range && { ports: rule.port_range }),
  source: rule.source_network,
  description: rule.description,
});

const normal = (rule: FirewallRule): string =>
  [rule.protocol, rule.ports?.join("-") ?? "", rule.source.replace(/\/32$/, ""), rule.description].join(" ");

/** Order does not matter, nor whether a single address is written with `/32`. */
export function sameRules(a: readonly FirewallRule[], b: readonly FirewallRule[]): boolean {
  const [left, right] = [a, b].map((rules) => rules.map(normal).sort().join("\n"));
  return left === right;
}

export interface RulesetSpec {
  name: string;
  region: string;
  /** Rules at creation; later ones are set by `setRules`. */
  initialRules: FirewallRule[];
}

/** Creates the ruleset of that name in that region, or continues with the existing one: the name says whose it is. */
export async function createRuleset(context: Context, spec: RulesetSpec): Promise<WireRuleset> {
  const { api } = context;
  const find = async () =>
    (await api.listRulesets()).find((one) => one.name === spec.name && one.region.name === spec.region);
  const { item } = await ensureNamed(context, `firewall ruleset ${spec.name}`, find, () =>
    api.createRuleset({ name: spec.name, region: spec.region, rules: spec.initialRules.map(toWire) }),
  );
  return item;
}

/** Replaces all rules, where they differ. Instances with the ruleset follow at once. */
export async function setRules(context: Context, id: string, rules: FirewallRule[]): Promise<FirewallRule[]> {
  const current = await context.api.getRuleset(id);
  if (current === undefined)
    throw new Error(`firewall ruleset ${id} does not exist any more: run pulumi refresh, then pulumi up`);
  if (sameRules(current.rules.map(fromWire), rules)) return rules;
  return (await context.api.updateRuleset(id, { rules: rules.map(toWire) })).rules.map(fromWire);
}

/** Deletes it when the last instance that uses it is gone; while one keeps running, it stays at Lambda, which is logged. */
export async function deleteRuleset(context: Context, id: string, name: string): Promise<void> {
  await deleteWhenFree(
    context,
    `firewall ruleset ${name}`,
    (instance) => instance.firewall_rulesets?.some((one) => one.id === id) ?? false,
    () => context.api.deleteRuleset(id),
    "stays",
  );
}
