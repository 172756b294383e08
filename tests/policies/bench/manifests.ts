import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { caught, caughtTable, type Score } from "./compare.ts";
import { generate, type Sample } from "./manifests/generate.ts";
import { isMissing, ready } from "./obtain.ts";
import { apiServer } from "./tools/apiServer.ts";
import { checkovPackages, kubeScoreBinary, podSecurityBinary } from "./tools/artefacts.ts";
import { checkov } from "./tools/checkov.ts";
import { kubeScore } from "./tools/kubeScore.ts";
import { ours } from "./tools/ours.ts";
import { podSecurity } from "./tools/podSecurity.ts";
import type { Tool } from "./tools/tool.ts";

/** How many manifests, and from which draw: the same ones each time. */
const count = 200;
const seed = 20_261_121;

/** What a tool makes of manifests and of their twins. */
export async function score(tool: Tool, samples: Sample[]): Promise<Score> {
  const scratch = await mkdtemp(join(tmpdir(), "sophia-bench-"));
  try {
    const start = performance.now();
    const judge = (variant: "clean" | "faulty") =>
      tool.judge(
        samples.map((sample) => ({ id: sample.id, objects: sample[variant] })),
        join(scratch, variant),
      );
    const clean = await judge("clean");
    const faulty = await judge("faulty");
    const seconds = (performance.now() - start) / 1000;
    const alarms = [...clean.values()].flat().length;
    return { tool: tool.name, caught: caught(samples, clean, faulty), alarms, seconds };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Faults that we miss and somebody else catches: what the pack could learn. */
const missed = (samples: Sample[], scores: Score[]): string[] => {
  const [own, ...others] = scores;
  return [
    ...new Set(
      samples
        .filter(({ id }) => !own?.caught.has(id))
        .map(({ id, fault }) => {
          const by = others.filter((other) => other.caught.has(id)).map(({ tool }) => tool);
          return `${fault.name}: ${by.length > 0 ? by.join(", ") : "nobody"}`;
        }),
    ),
  ];
};

/** 200 manifests with known faults before this pack, three other tools and an API server, as tables. */
export async function benchManifests(): Promise<string> {
  const samples = generate(count, seed);
  const tools = [
    ours,
    await ready(podSecurityBinary, podSecurity),
    await ready(kubeScoreBinary, kubeScore),
    await ready(checkovPackages, checkov),
  ];
  const scores: Score[] = [];
  const missing: string[] = [];
  for (const tool of tools) {
    if (isMissing(tool)) missing.push(`${tool.name} is missing: ${tool.because}`);
    else scores.push(await score(tool, samples));
  }
  const { tool: admission, stop } = await apiServer();
  try {
    scores.push(await score(admission, samples));
  } finally {
    await stop();
  }
  return [
    caughtTable(samples, scores, ({ fault }) => fault.group),
    caughtTable(samples, scores, ({ fault }) => `${fault.group}: ${fault.name}`),
    ["Not caught by this pack, but by:", ...missed(samples, scores).map((line) => `- ${line}`)].join("\n"),
    ...missing,
  ].join("\n\n");
}
