import type { Effect } from "../plan.ts";
import { type Outcome, valueAt } from "../steps.ts";

/** An effect and its relation to others: the loss of a host includes the drain of its node, which is then not listed. */
export interface Found extends Effect {
  /** Effects within this subject are not listed. */
  covers?: string;
  /** The subject that this is part of. */
  within?: string;
}

/** All Kubernetes objects are part of it. */
export const cluster = "cluster";

/** The effects of changes to some types of resources. The first rule that applies is used. */
export interface ImpactRule {
  /** The types that it covers; a test compares them with those that the program registers. */
  types: readonly string[];
  applies(outcome: Outcome): boolean;
  effects(outcome: Outcome): Found[];
}

/** Properties named in a cause; the list of changes has all of them. */
const shown = 3;

/** The cause of an effect: the properties that changed. */
export function because({ kind, keys, paths }: Outcome): string {
  if (kind === "delete") return "removed from the program";
  const [verb, which] = keys.length > 0 ? ["replacement required by", keys] : ["changed:", paths];
  if (which.length === 0) return kind === "replace" ? "replacement requested" : "inputs changed";
  const more = which.length > shown ? ` and ${which.length - shown} more` : "";
  return `${verb} ${which.slice(0, shown).join(", ")}${more}`;
}

/** Whether a changed property lies at or under one of these paths. */
export const touches = ({ paths, keys }: Outcome, ...roots: string[]): boolean =>
  [...paths, ...keys].some((path) =>
    roots.some((root) => path === root || path.startsWith(`${root}.`) || path.startsWith(`${root}[`)),
  );

/** Whether the current resource is deleted, with or without a replacement. */
export const gone = ({ kind }: Outcome): boolean => kind === "replace" || kind === "delete";

/** A name in its previous inputs, else its resource name. */
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

/** A rule for the provider that the program configures; Pulumi's default ones change with versions. */
export function ofProvider(provider: string, effects: ImpactRule["effects"]): ImpactRule {
  const type = `pulumi:providers:${provider}`;
  return {
    types: [type],
    applies: (outcome) => outcome.type === type && !outcome.name.startsWith("default"),
    effects,
  };
}
