/**
 * Measures a separate lab from nothing to removed, and prints the Markdown table of docs/benchmarks.md.
 *
 *   node tests/bench/lab/main.ts             with the checkout's build cache
 *   COLD=1 node tests/bench/lab/main.ts      with an empty cache: everything is built
 *
 * "Cores busy" is of the whole machine, other work included.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { labOf } from "../../../lab/lab.ts";
import { run } from "../../../tools/exec.ts";
import { repository } from "../../../tools/repository.ts";

/** Ticks of all processors since the machine started: all, and those in which nothing ran. */
async function ticks(): Promise<{ all: number; idle: number }> {
  const [line = ""] = (await readFile("/proc/stat", "utf8")).split("\n");
  const numbers = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const [, , , idle = 0, waiting = 0] = numbers;
  return { all: numbers.reduce((sum, each) => sum + each, 0), idle: idle + waiting };
}

const lab = labOf({ ...process.env, LAB: `bench-${process.pid}` });
const scratch = process.env.COLD === "1" ? await mkdtemp(join(tmpdir(), "sophia-cold-")) : undefined;
const environment = { LAB: lab.name, LAB_ROOT: join(lab.folder, ".."), LAB_CACHE: scratch ?? lab.cache };

/** Measures a command: seconds, and busy processors. */
async function measured(title: string, ...args: string[]): Promise<number> {
  process.stderr.write(`${title} …\n`);
  const [before, start] = [await ticks(), performance.now()];
  await run(process.execPath, [join(repository, "lab/cli.ts"), ...args], {
    cwd: repository,
    env: environment,
    onLine: (line) => /^(?:✘|.* in all$)/.test(line) && process.stderr.write(`  ${line}\n`),
  });
  const [after, seconds] = [await ticks(), (performance.now() - start) / 1000];
  const busy = (1 - (after.idle - before.idle) / (after.all - before.all)) * availableParallelism();
  rows.push(`| ${title} | ${seconds.toFixed(1)} | ${busy.toFixed(1)} of ${availableParallelism()} |`);
  return seconds;
}

const rows: string[] = [];
const [load = 0] = loadavg();
try {
  if (scratch === undefined) await measured("`make build`, everything built", "build");
  const first = await measured(
    `\`make up\` from nothing, ${scratch ? "empty cache" : "everything built"}`,
    "up",
  );
  const again = await measured("second `make up`, unchanged", "up");
  await measured("`make status`", "status");
  await measured("`make down`", "down");
  const ratio = `The second \`up\` took ${((again / first) * 100).toFixed(0)} % of the first; load before: ${load.toFixed(1)}.`;
  process.stdout.write(`| what | seconds | cores busy |\n|---|--:|--:|\n${rows.join("\n")}\n\n${ratio}\n`);
} finally {
  await run(process.execPath, [join(repository, "lab/cli.ts"), "down"], {
    cwd: repository,
    env: environment,
    allowFailure: true,
  });
  await rm(lab.folder, { recursive: true, force: true });
  if (scratch) await rm(scratch, { recursive: true, force: true });
}
