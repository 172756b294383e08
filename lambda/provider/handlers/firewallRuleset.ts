import { z } from "zod";
import { createRuleset, deleteRuleset, type RulesetSpec } from "../../reconcile/firewall.ts";
import { adapt } from "../adapter.ts";
import type { Handler } from "../handler.ts";
import { rule } from "./firewallRule.ts";

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

export const provider = adapt(firewallRuleset);
