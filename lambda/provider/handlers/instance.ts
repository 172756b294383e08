import { z } from "zod";
import type { Context } from "../../reconcile/context.ts";
import { type Difference, difference, isLost, type Wanted } from "../../reconcile/diff.ts";
import { type Adoption, adoptInstance, matching } from "../../reconcile/instance/adopt.ts";
import {
  createInstance,
  deleteInstance,
  readInstance,
  updateInstance,
} from "../../reconcile/instance/instance.ts";
import type { InstanceOutputs } from "../../reconcile/instance/outputs.ts";
import type { InstanceSpec } from "../../reconcile/instance/spec.ts";
import { adapt } from "../adapter.ts";
import type { Handler } from "../handler.ts";

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
});
const adopted = z.object({
  adopt: z.union([z.object({ id: z.string().min(1) }), z.object({ name: z.string().min(1) })], {
    error: "must be { id } or { name } of a running instance",
  }),
});

/** Properties as in Pulumi, not nested: with `adopt`, no other matters. */
type InstanceInputs = z.infer<typeof adopted> | z.infer<typeof launched>;

const wanted = (inputs: InstanceInputs): Wanted =>
  "adopt" in inputs ? { adopt: inputs.adopt as Adoption } : { spec: inputs as InstanceSpec };

export const instance: Handler<InstanceInputs, InstanceOutputs> = {
  inputs: (bag) => (bag.adopt === undefined ? launched : adopted),
  async create(context, inputs) {
    const want = wanted(inputs);
    if ("adopt" in want) return await adoptInstance(context, want.adopt);
    return await createInstance(context, want.spec);
  },
  read: readInstance,
  async diff(context, id, old, inputs): Promise<Difference> {
    const want = wanted(inputs);
    const differs = difference(id, old, want);
    if ("adopt" in want && !old.adopted && differs.replaces.length > 0)
      return (await isMeant(context, id, want.adopt)) ? { changes: true, replaces: [] } : differs;
    if (old.ready || differs.replaces.length > 0) return differs;
    return (await failedToStart(context, id)) ? { changes: true, replaces: ["status"] } : differs;
  },
  async update(context, id, old, inputs) {
    const want = wanted(inputs);
    // The only change of an adopted instance: the program launched it and does not manage it any more.
    if ("adopt" in want) return (await adoptInstance(context, { id })).outputs;
    return await updateInstance(context, id, want.spec, old);
  },
  delete: deleteInstance,
};

/** Renamed by hand, and adopted by its new name: the state has the old one, and replacing it would terminate it. */
async function isMeant(context: Context, id: string, adoption: Adoption): Promise<boolean> {
  const instance = await context.api.getInstance(id);
  return instance !== undefined && matching([instance], adoption).length > 0;
}

async function failedToStart(context: Context, id: string): Promise<boolean> {
  return isLost(await context.api.getInstance(id));
}

export const provider = adapt(instance);
