import { z } from "zod";
import type { Context } from "../../reconcile/context.ts";
import { type Difference, difference, isLost, losesRuleset, type Wanted } from "../../reconcile/diff.ts";
import { adoptInstance, matching, meantBy } from "../../reconcile/instance/adopt.ts";
import {
  createInstance,
  deleteInstance,
  readInstance,
  updateInstance,
} from "../../reconcile/instance/instance.ts";
import type { InstanceOutputs } from "../../reconcile/instance/outputs.ts";
import { releaseClaim } from "../../reconcile/instance/release.ts";
import type { Adoption, InstanceSpec } from "../../reconcile/instance/spec.ts";
import { adapt } from "../adapter.ts";
import type { Handler } from "../handler.ts";
import { adoption } from "./adoption.ts";

const launched = z.object({
  name: z.string().min(1).max(64),
  claim: z.string().min(1),
  stack: z.string(),
  hostname: z
    .string()
    .regex(/^[a-z0-9][0-9a-z-]{0,62}$/, "must be a host name: a-z, 0-9 and dashes, at most 63"),
  instanceTypes: z.array(z.string().min(1)).min(1),
  regions: z.array(z.string().min(1)).min(1),
  imageFamily: z.string().min(1),
  sshKeyName: z.string().min(1).max(64),
  userData: z
    .string()
    .refine((text) => Buffer.byteLength(text) <= 1_000_000, "must be 1 MB at most")
    .optional(),
  fileSystem: z.object({ name: z.string(), region: z.string() }).optional(),
  rulesets: z.record(z.string(), z.string()).optional(),
  spared: z.array(adoption).optional(),
});
const adopted = z.object({
  adopt: adoption,
  claim: z.string().min(1).optional(),
  spared: z.array(adoption).optional(),
});

/** Properties as in Pulumi, not nested: with `adopt`, no other matters. */
type AdoptedInputs = z.infer<typeof adopted>;
type InstanceInputs = AdoptedInputs | z.infer<typeof launched>;

const wanted = (inputs: InstanceInputs): Wanted =>
  "adopt" in inputs ? { adopt: inputs.adopt as Adoption } : { spec: inputs as InstanceSpec };

export const instance: Handler<InstanceInputs, InstanceOutputs> = {
  inputs: (bag) => (bag.adopt === undefined ? launched : adopted),
  async create(context, inputs) {
    if ("adopt" in inputs) return await adopt(context, inputs, inputs.adopt);
    return await createInstance(context, inputs);
  },
  read: readInstance,
  async diff(context, id, old, inputs): Promise<Difference> {
    const want = wanted(inputs);
    const differs = difference(id, old, want);
    if ("adopt" in want && differs.replaces.length > 0) {
      if (await isMeant(context, id, want.adopt)) return { changes: true, replaces: [] };
      // Before the host is terminated for one that does not exist.
      await meantBy(context, want.adopt);
      return differs;
    }
    if ("spec" in want && differs.replaces.length === 0 && losesRuleset(old, want.spec))
      throw withoutRuleset(old);
    if (old.ready || differs.replaces.length > 0) return differs;
    return (await failedToStart(context, id)) ? { changes: true, replaces: ["status"] } : differs;
  },
  async update(context, id, old, inputs) {
    // The only change of an adopted instance: the program launched it and does not manage it any more.
    if ("adopt" in inputs) return (await adopt(context, inputs, { id })).outputs;
    return await updateInstance(context, id, inputs, old);
  },
  delete: deleteInstance,
};

const withoutRuleset = ({ name, region }: InstanceOutputs) =>
  new Error(
    `${name} runs in ${region}, where no host may be launched any more, so the rules of its firewall would stay as they are: ` +
      `keep ${region} in lambda.regions (or the host's regions) while it runs, or replace it by one elsewhere first`,
  );

/** Also ends what an interrupted update launched for the host: from now on nothing else would look for it. */
async function adopt(context: Context, { claim, spared = [] }: AdoptedInputs, adoption: Adoption) {
  const made = await adoptInstance(context, adoption);
  if (claim !== undefined) await releaseClaim(context, claim, [...spared, { id: made.id }]);
  return made;
}

/** Renamed by hand, and adopted by its new name: the state has the old one, and replacing it would terminate it. */
async function isMeant(context: Context, id: string, adoption: Adoption): Promise<boolean> {
  const instance = await context.api.getInstance(id);
  return instance !== undefined && matching([instance], adoption).length > 0;
}

async function failedToStart(context: Context, id: string): Promise<boolean> {
  return isLost(await context.api.getInstance(id));
}

export const provider = adapt(instance);
