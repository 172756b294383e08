import { z } from "zod";
import {
  createRuleset,
  deleteRuleset,
  type FirewallRule,
  fromWire,
  type RulesetSpec,
  sameRules,
  setRules,
} from "../../reconcile/firewall.ts";
import type { Handler } from "../handler.ts";

const port = z.number().int().min(1).max(65535);
const rule: z.ZodType<FirewallRule> = z.object({
  protocol: z.enum(["tcp", "udp", "icmp", "all"]),
  ports: z.tuple([port, port]).optional(),
  source: z.union([z.cidrv4(), z.ipv4()], { error: "must be an IPv4 network like 203.0.113.0/24" }),
  description: z.string().max(128),
}) as z.ZodType<FirewallRule>;

interface RulesetOutputs {
  name: string;
  region: string;
}

export const firewallRuleset: Handler<RulesetSpec, RulesetOutputs> = {
  inputs: () =>
    z.object({
      name: z.string().min(1).max(64),
      region: z.string().min(1),
      initialRules: z.array(rule),
    }),
  async create(context, inputs) {
    const { id } = await createRuleset(context, inputs);
    return { id, outputs: { name: inputs.name, region: inputs.region } };
  },
  async read(context, id) {
    const found = await context.api.getRuleset(id);
    return found && { name: found.name, region: found.region.name };
  },
  diff: async (_context, _id, old, inputs) => {
    const replaces = old.region === inputs.region ? [] : ["region"];
    return { changes: old.name !== inputs.name || replaces.length > 0, replaces };
  },
  async update(context, id, _old, inputs) {
    const { name, region } = await context.api.updateRuleset(id, { name: inputs.name });
    return { name, region: region.name };
  },
  delete: (context, id, old) => deleteRuleset(context, id, old.name),
};

interface RulesInputs {
  rulesetId: string;
  rules: FirewallRule[];
}

/** The rules of a ruleset that exists already; deleting leaves them, as the ruleset goes with its own resource. */
export const firewallRules: Handler<RulesInputs, RulesInputs> = {
  inputs: () => z.object({ rulesetId: z.string().min(1), rules: z.array(rule) }),
  async create(context, inputs) {
    const rules = await setRules(context, inputs.rulesetId, inputs.rules);
    return { id: inputs.rulesetId, outputs: { ...inputs, rules } };
  },
  async read(context, id, old) {
    const found = await context.api.getRuleset(id);
    return found && { ...old, rules: found.rules.map(fromWire) };
  },
  diff: async (_context, _id, old, inputs) => {
    const replaces = old.rulesetId === inputs.rulesetId ? [] : ["rulesetId"];
    const same = Array.isArray(inputs.rules) && sameRules(old.rules, inputs.rules);
    return { changes: replaces.length > 0 || !same, replaces };
  },
  async update(context, id, old, inputs) {
    return { ...old, rules: await setRules(context, id, inputs.rules) };
  },
  delete: async () => undefined,
};
