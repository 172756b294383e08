import type { Context } from "../context.ts";
import { matching } from "./adopt.ts";
import { type Adoption, claimTag, isAlive, tagOf } from "./spec.ts";

/** Ids of what must not be terminated: what the settings adopt now, and `adoptions`. */
export async function sparedIds(context: Context, adoptions: readonly Adoption[] = []): Promise<string[]> {
  const all = [...context.adoptions, ...adoptions];
  const instances = all.some((one) => "name" in one) ? await context.api.listInstances() : [];
  return all.flatMap((one) => ("id" in one ? [one.id] : matching(instances, one).map(({ id }) => id)));
}

/**
 * Running instances of a claim that were adopted, by id. Where no instance has the name of an adoption any more, any of
 * them may be it, renamed: then all are.
 *
 * @param all every one was adopted
 */
export async function adoptedOf(
  context: Context,
  claim: string,
  adoptions: readonly Adoption[],
  all = false,
): Promise<{ id: string }[]> {
  if (adoptions.length === 0 && !all) return [];
  const running = await context.api.listInstances();
  const renamed = adoptions.some((one) => "name" in one && matching(running, one).length === 0);
  return running
    .filter((one) => isAlive(one) && tagOf(one, claimTag) === claim)
    .filter((one) => all || renamed || adoptions.some((adoption) => matching([one], adoption).length > 0))
    .map(({ id }) => ({ id }));
}
