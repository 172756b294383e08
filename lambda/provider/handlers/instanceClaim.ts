import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { releaseClaim } from "../../reconcile/instance/release.ts";
import { adoptedOf } from "../../reconcile/instance/spared.ts";
import type { Adoption } from "../../reconcile/instance/spec.ts";
import { adapt } from "../adapter.ts";
import type { Handler } from "../handler.ts";
import { adoption } from "./adoption.ts";

interface ClaimInputs {
  adopt?: Adoption | undefined;
}
interface ClaimOutputs extends ClaimInputs {
  claim: string;
  /**
   * What is never terminated for having the claim's tag, which cannot be removed: everything the host has adopted. Once it
   * is to be launched again, the ids of those that have the tag: from then on another instance may have the name.
   */
  spared?: Adoption[];
  /** In states of before `spared`: the host is adopted, and may have the tag. Nothing may be terminated then. */
  adopted?: boolean;
}

/** Without the absent one: the engine takes no undefined. */
const adoptionOf = (adopt: Adoption | undefined) => (adopt === undefined ? {} : { adopt });

const withAdoption = (old: readonly Adoption[], adopt: Adoption): Adoption[] => [
  ...old.filter((one) => !isDeepStrictEqual(one, adopt)),
  adopt,
];

/**
 * A random id that is in the state before anything is launched for it. Creating one sends no request to Lambda. Deleting
 * one, which Pulumi does after the deletion of the instance, terminates every instance with its tag, except those that
 * were adopted.
 */
export const instanceClaim: Handler<ClaimInputs, ClaimOutputs> = {
  inputs: () => z.object({ adopt: adoption.optional() }),
  create: async (_context, { adopt }) => {
    const claim = randomUUID();
    return { id: claim, outputs: { claim, ...adoptionOf(adopt), spared: adopt ? [adopt] : [] } };
  },
  read: async (_context, _id, old) => old,
  diff: async (_context, _id, old, inputs) => ({
    changes: !isDeepStrictEqual(old.adopt, inputs.adopt),
    replaces: [],
  }),
  async update(context, _id, { claim, spared = [], adopted }, { adopt }) {
    if (adopt === undefined) return { claim, spared: await adoptedOf(context, claim, spared, adopted) };
    return { claim, adopt, spared: withAdoption(spared, adopt), ...(adopted && { adopted }) };
  },
  async delete(context, id, { spared, adopted }) {
    if (!adopted) await releaseClaim(context, id, spared);
  },
};

export const provider = adapt(instanceClaim);
