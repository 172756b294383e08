import type { Sample } from "./manifests/generate.ts";
import type { Findings } from "./tools/tool.ts";

/** What a tool made of the manifests. */
export interface Score {
  tool: string;
  /** Faulty manifests that it said more of than of their twins, by id. */
  caught: Set<string>;
  /** Findings in manifests without a fault, each counted. */
  alarms: number;
  seconds: number;
}

/**
 * Whether a tool tells a faulty manifest from its twin: it has something against the one that it has not against the
 * other. Which rule it is does not matter, so no table of equivalent rules has to be believed. Pure.
 */
export function caught(samples: Sample[], clean: Findings, faulty: Findings): Set<string> {
  return new Set(
    samples
      .filter(({ id }) => {
        const before = [...(clean.get(id) ?? [])];
        return (faulty.get(id) ?? []).some((finding) => {
          const at = before.indexOf(finding);
          if (at < 0) return true;
          before.splice(at, 1);
          return false;
        });
      })
      .map(({ id }) => id),
  );
}

const table = (head: string[], rows: string[][]): string =>
  [head, head.map((_, index) => (index === 0 ? "---" : "---:")), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");

/** How many of some manifests each tool caught, by what `rowOf` says they are. Markdown. Pure. */
export function caughtTable(samples: Sample[], scores: Score[], rowOf: (sample: Sample) => string): string {
  const rows = [...new Set(samples.map(rowOf))].map((name) => {
    const here = samples.filter((sample) => rowOf(sample) === name);
    const counts = scores.map((score) => `${here.filter(({ id }) => score.caught.has(id)).length}`);
    return [name, `${here.length}`, ...counts];
  });
  const sum = ["**all**", `${samples.length}`, ...scores.map((score) => `**${score.caught.size}**`)];
  const alarms = [
    "findings in the twins without the fault",
    "",
    ...scores.map(({ alarms: count }) => `${count}`),
  ];
  const seconds = ["seconds, 400 manifests", "", ...scores.map((score) => score.seconds.toFixed(1))];
  return table(["fault", "manifests", ...scores.map(({ tool }) => tool)], [...rows, sum, alarms, seconds]);
}
