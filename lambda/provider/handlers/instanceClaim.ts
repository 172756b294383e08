import { randomUUID } from "node:crypto";
import { z } from "zod";
import { releaseClaim } from "../../reconcile/instance/instance.ts";
import { adapt } from "../adapter.ts";
import type { Handler } from "../handler.ts";

interface ClaimInputs {
  adopted?: boolean | undefined;
}
interface ClaimOutputs extends ClaimInputs {
  claim: string;
}

/**
 * A random id that is in the state before anything is launched for it. Creating one sends no request to Lambda. Deleting
 * one, which Pulumi does after the deletion of the instance, terminates every instance with its tag, unless the host was
 * adopted meanwhile: that one may have been launched with this claim, and tags cannot be removed.
 */
export const instanceClaim: Handler<ClaimInputs, ClaimOutputs> = {
  inputs: () => z.object({ adopted: z.boolean().optional() }),
  create: async (_context, { adopted }) => {
    const claim = randomUUID();
    return { id: claim, outputs: { claim, adopted } };
  },
  read: async (_context, _id, old) => old,
  diff: async (_context, _id, old, inputs) => ({
    changes: (old.adopted ?? false) !== (inputs.adopted ?? false),
    replaces: [],
  }),
  update: async (_context, _id, old, { adopted }) => ({ ...old, adopted }),
  async delete(context, id, old) {
    if (!old.adopted) await releaseClaim(context, id);
  },
};

export const provider = adapt(instanceClaim);
