import type { WireInstance } from "../../client/wire.ts";
import type { Context } from "../context.ts";
import { matching } from "./adopt.ts";
import { type Adoption, isOwn } from "./spec.ts";

/** Ids of what adoptions mean in a list of the account's instances. Pure. */
export const idsOf = (all: readonly WireInstance[], adoptions: readonly Adoption[]): string[] =>
  adoptions.flatMap((one) => ("id" in one ? [one.id] : matching(all, one).map(({ id }) => id)));

/** Names of adoptions that no running instance has any more: what was adopted may be any of them, renamed. Pure. */
export const lostNames = (all: readonly WireInstance[], adoptions: readonly Adoption[]): string[] =>
  adoptions.flatMap((one) => ("name" in one && matching(all, one).length === 0 ? [one.name] : []));

/** Ids of what must not be terminated: what the settings adopt now, and `adoptions`. */
export async function sparedIds(context: Context, adoptions: readonly Adoption[] = []): Promise<string[]> {
  const spared = [...context.adoptions, ...adoptions];
  return idsOf(spared.some((one) => "name" in one) ? await context.api.listInstances() : [], spared);
}

/**
 * Running instances of a claim that were adopted, by id: all of them where one may be under another name now.
 *
 * @param every every one was adopted
 */
export async function adoptedOf(
  context: Context,
  claim: string,
  adoptions: readonly Adoption[],
  every = false,
): Promise<{ id: string }[]> {
  if (adoptions.length === 0 && !every) return [];
  const all = await context.api.listInstances();
  const ids = idsOf(all, adoptions);
  const any = every || lostNames(all, adoptions).length > 0;
  return all.filter((one) => isOwn(one, claim) && (any || ids.includes(one.id))).map(({ id }) => ({ id }));
}
