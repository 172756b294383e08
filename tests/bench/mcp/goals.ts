import type { Measured } from "./client.ts";

/** What a part of the benchmark found: Markdown, and a line for each goal that it missed. */
export interface Findings {
  text: string;
  missed: string[];
}

/** Calls a second and milliseconds that a route to servers must reach with 32 clients, and how much slower it may be than a direct call. */
const goals = { perSecond: 1000, p95: 200, ratio: 1.3 };

type Sample = Pick<Measured, "perSecond" | "p50" | "p95">;

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** How much slower one path is than another: by the rounds' ratios, and by the medians of all rounds. */
function ratios(of: readonly Sample[], to: readonly Sample[], key: "p50" | "p95") {
  return {
    rounds: median(of.map((sample, round) => sample[key] / (to[round] ?? sample)[key])),
    medians: median(of.map((one) => one[key])) / median(to.map((one) => one[key])),
  };
}

/**
 * What the samples say of the goals. Pure.
 *
 * @param samples by path, one a round
 */
export function goalsOf(samples: ReadonlyMap<string, readonly Sample[]>): {
  lines: string[];
  missed: string[];
} {
  const missed: string[] = [];
  for (const [path, each] of samples) {
    if (path.endsWith(", directly")) continue;
    const perSecond = median(each.map((one) => one.perSecond));
    const p95 = median(each.map((one) => one.p95));
    if (!(perSecond >= goals.perSecond))
      missed.push(`${path}: ${Math.round(perSecond)} of ${goals.perSecond} calls/s`);
    if (!(p95 < goals.p95)) missed.push(`${path}: p95 ${Math.round(p95)} ms, not below ${goals.p95}`);
  }
  const lines = ["own server", "bridged server"].map((server) => {
    const [direct = [], route = []] = ["directly", "`/mcp/<server>`"].map((way) =>
      samples.get(`${server}, ${way}`),
    );
    const path = `${server}, \`/mcp/<server>\` beside directly`;
    const [p50, p95] = [ratios(route, direct, "p50"), ratios(route, direct, "p95")];
    for (const [by, value] of Object.entries(p50))
      if (!(value <= goals.ratio))
        missed.push(`${path}: p50 × ${value.toFixed(2)} by the ${by}, more than ${goals.ratio}`);
    const both = ({ rounds, medians }: typeof p50) =>
      `× ${rounds.toFixed(2)} (median of the rounds) and ${medians.toFixed(2)} (of the medians)`;
    return `${path}: p50 ${both(p50)}, p95 ${both(p95)}`;
  });
  return { lines, missed };
}
