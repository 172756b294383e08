import { type Effect, severities } from "../plan.ts";
import type { Outcome } from "../steps.ts";
import { hostRules } from "./hosts.ts";
import { kubernetesRules } from "./kubernetes.ts";
import { releaseRules } from "./releases.ts";
import type { ImpactRule } from "./rule.ts";

const rules: ImpactRule[] = [...hostRules, ...releaseRules, ...kubernetesRules];

/** What a resource's change does to what runs; nothing for new resources, which nobody uses yet. */
function effectsOfOne(outcome: Outcome): Effect[] {
  if (outcome.kind === "same" || outcome.kind === "create" || !outcome.real) return [];
  if (outcome.kind === "delete" && outcome.retained) return [];
  const rule = rules.find((each) => each.applies(outcome));
  return rule ? rule.effects(outcome) : [];
}

/** What will restart, be unavailable or lose its data, the worst first. Pure. */
export function effectsOf(outcomes: Outcome[]): Effect[] {
  const all = outcomes.flatMap(effectsOfOne);
  const seen = new Set<string>();
  return all
    .filter(({ subject, what }) => {
      const key = `${subject}\0${what}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    })
    .sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
}
