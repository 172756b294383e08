import type { Effect } from "../plan.ts";
import { type Outcome, valueAt } from "../steps.ts";

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
  /** Types of resources that it knows, so that a new one cannot be forgotten. */
  types: readonly string[];
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

/** Whether what is there now goes, with or without a successor. */
export const gone = ({ kind }: Outcome): boolean => kind === "replace" || kind === "delete";

/** A name among the inputs that it had, or else Pulumi's. */
export function nameAt(outcome: Outcome, ...path: string[]): string {
  const found = valueAt(outcome.old.inputs, ...path);
  return typeof found === "string" ? found : outcome.name;
}

/** A rule for resources of some types. */
export const forTypes = (types: readonly string[], effects: ImpactRule["effects"]): ImpactRule => ({
  types,
  applies: ({ type }) => types.includes(type),
  effects,
});

/** A rule for the provider that the program configures; Pulumi's own default ones come and go with versions. */
export function ofProvider(provider: string, effects: ImpactRule["effects"]): ImpactRule {
  const type = `pulumi:providers:${provider}`;
  return {
    types: [type],
    applies: (outcome) => outcome.type === type && !outcome.name.startsWith("default"),
    effects,
  };
}
