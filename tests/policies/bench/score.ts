import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { caught, type Score } from "./compare.ts";
import { generate, type Sample } from "./manifests/generate.ts";
import type { Tool } from "./tools/tool.ts";

const count = 200;
const seed = 20_261_121;

/** The 200 manifests of docs/security/policy-benchmarks.md: the same ones each time. */
export const drawSamples = (): Sample[] => generate(count, seed);

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
