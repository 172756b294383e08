import { type Effect, type Plan, severities } from "../plan.ts";
import type { Outcome } from "../steps.ts";
import { hostRules } from "./hosts.ts";
import { kubernetesRules } from "./kubernetes.ts";
import { pipelineRules } from "./pipeline.ts";
import { releaseRules } from "./releases.ts";
import { because, cluster, type Found, gone, type ImpactRule } from "./rule.ts";
import { withoutData } from "./withoutData.ts";

const rules: ImpactRule[] = [...hostRules, ...releaseRules, ...kubernetesRules, ...pipelineRules];

/** Types whose effects are known. */
export const knownTypes: ReadonlySet<string> = new Set([
  ...rules.flatMap(({ types }) => types),
  ...Object.keys(withoutData),
]);

/** The loss of an unknown type counts as loss of data, so that `guard` refuses it until a rule covers the type. */
function unknown(outcome: Outcome): Found[] {
  if (knownTypes.has(outcome.type) || !gone(outcome)) return [];
  const what = "the effect of deleting this type is unknown, so it counts as loss of data";
  return [{ subject: `${outcome.type} ${outcome.name}`, severity: "data", what, why: because(outcome) }];
}

const keyOf = ({ type, name }: { type: string; name: string }): string => `${type} ${name}`;

/** Resources that a plan creates or replaces. Until it is used, what it has created holds no data to lose. Pure. */
export const createdBy = ({ changes }: Plan): ReadonlySet<string> =>
  new Set(changes.filter(({ kind }) => kind === "create" || kind === "replace").map(keyOf));

/** The effects of one resource's change; none for a new resource, which has no users yet. */
function effectsOfOne(outcome: Outcome): Found[] {
  if (outcome.kind === "same" || outcome.kind === "create" || !outcome.real) return [];
  if (outcome.kind === "delete" && outcome.retained) return [];
  const rule = rules.find((each) => each.applies(outcome));
  const within = outcome.type.startsWith("kubernetes:") ? { within: cluster } : {};
  const effects = rule ? rule.effects(outcome) : unknown(outcome);
  return effects.map((effect) => ({ ...within, ...effect }));
}

/** What is gone with a resource that was just created. */
const withoutLoss = (found: Found): Found =>
  found.severity === "data"
    ? { ...found, severity: "outage", what: `${found.what}; it was just created` }
    : found;

/**
 * What restarts, is unavailable or loses data, the most severe first. Pure.
 * @param created resources that hold no data yet, see `createdBy`
 */
export function effectsOf(outcomes: Outcome[], created: ReadonlySet<string> = new Set()): Effect[] {
  const all = outcomes.flatMap((outcome) =>
    created.has(keyOf(outcome)) ? effectsOfOne(outcome).map(withoutLoss) : effectsOfOne(outcome),
  );
  const covered = new Set(all.flatMap(({ covers }) => covers ?? []));
  const seen = new Set<string>();
  return all
    .filter(({ within, subject, what }) => {
      if (within !== undefined && covered.has(within)) return false;
      const key = `${subject}\0${what}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    })
    .map(({ subject, severity, what, why }) => ({ subject, severity, what, why }))
    .sort(
      (a, b) =>
        severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
        a.subject.localeCompare(b.subject, "en"),
    );
}
