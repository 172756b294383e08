import { randomUUID } from "node:crypto";
import { z } from "zod";
import { releaseClaim } from "../../reconcile/instance.ts";
import { adapt } from "../adapter.ts";
import type { Handler } from "../handler.ts";

interface ClaimOutputs {
  claim: string;
}

/**
 * A random id in the state before anything is launched for it. Making one asks nothing of Lambda. Deleting one,
 * which Pulumi does after the instance's own deletion, terminates whatever still carries it.
 */
export const instanceClaim: Handler<object, ClaimOutputs> = {
  inputs: () => z.object({}),
  create: async () => {
    const claim = randomUUID();
    return { id: claim, outputs: { claim } };
  },
  read: async (_context, _id, old) => old,
  diff: async () => ({ changes: false, replaces: [] }),
  update: async (_context, _id, old) => old,
  delete: (context, id) => releaseClaim(context, id),
};

export const provider = adapt(instanceClaim);
