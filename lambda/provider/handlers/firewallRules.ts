import { z } from "zod";
import { type FirewallRule, fromWire, sameRules, setRules } from "../../reconcile/firewall.ts";
import { adapt } from "../adapter.ts";
import type { Handler } from "../handler.ts";
import { rule } from "./firewallRule.ts";

interface RulesInputs {
  rulesetId: string;
  rules: FirewallRule[];
}

/** The rules of an existing ruleset. Deleting does nothing: the rules are deleted with their ruleset. */
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

export const provider = adapt(firewallRules);
