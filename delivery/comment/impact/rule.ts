import type { Effect } from "../plan.ts";
import type { Outcome } from "../steps.ts";

/** An effect, and how it stands to others: who loses a host need not be told that its node is drained. */
export interface Found extends Effect {
  /** Something whose own effects are all part of this one. */
  covers?: string;
  /** What this is a part of. */
  within?: string;
}

/** What everything in Kubernetes is a part of. */
export const cluster = "cluster";

/** What a kind of resource's change means for what runs. The first rule that applies speaks. */
export interface ImpactRule {
  applies(outcome: Outcome): boolean;
  effects(outcome: Outcome): Found[];
}

/** Enough to understand, not the whole diff: that is in the list of changes. */
const shown = 3;

/** Names the properties behind an effect. */
export function because({ kind, keys, paths }: Outcome): string {
  if (kind === "delete") return "it is no longer in the program";
  const [verb, which] = keys.length > 0 ? ["replaced by a change of", keys] : ["changes:", paths];
  if (which.length === 0) return kind === "replace" ? "it is to be made again" : "its inputs change";
  const more = which.length > shown ? ` and ${which.length - shown} more` : "";
  return `${verb} ${which.slice(0, shown).join(", ")}${more}`;
}

/** Whether a changed property lies at or under one of these paths. */
export const touches = ({ paths, keys }: Outcome, ...roots: string[]): boolean =>
  [...paths, ...keys].some((path) =>
    roots.some((root) => path === root || path.startsWith(`${root}.`) || path.startsWith(`${root}[`)),
  );

/** A rule for resources of some types. */
export const forTypes = (types: string[], effects: ImpactRule["effects"]): ImpactRule => ({
  applies: ({ type }) => types.includes(type),
  effects,
});
