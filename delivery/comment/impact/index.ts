import { type Effect, severities } from "../plan.ts";
import type { Outcome } from "../steps.ts";
import { hostRules } from "./hosts.ts";
import { kubernetesRules } from "./kubernetes.ts";
import { releaseRules } from "./releases.ts";
import { cluster, type Found, type ImpactRule } from "./rule.ts";

const rules: ImpactRule[] = [...hostRules, ...releaseRules, ...kubernetesRules];

/** What a resource's change does to what runs; nothing for new resources, which nobody uses yet. */
function effectsOfOne(outcome: Outcome): Found[] {
  if (outcome.kind === "same" || outcome.kind === "create" || !outcome.real) return [];
  if (outcome.kind === "delete" && outcome.retained) return [];
  const rule = rules.find((each) => each.applies(outcome));
  const within = outcome.type.startsWith("kubernetes:") ? { within: cluster } : {};
  return rule ? rule.effects(outcome).map((effect) => ({ ...within, ...effect })) : [];
}

/** What will restart, be unavailable or lose its data, the worst first. Pure. */
export function effectsOf(outcomes: Outcome[]): Effect[] {
  const all = outcomes.flatMap(effectsOfOne);
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
