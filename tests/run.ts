/**
 * `make test`: all checks and tests of the platform, with one closing line `N passed, N failed`.
 *
 *   node tests/run.ts                 all of it
 *   node tests/run.ts unit plugins    these parts only
 *   COVERAGE=1 node tests/run.ts      with line coverage, including the processes that tests start
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../components/core/errors.ts";
import { duration } from "../lab/terminal/progress.ts";
import { stopEngine } from "../tools/docker/engine/stop.ts";
import { lineCoverage } from "./support/coverage.ts";
import { endLeftovers, removeLeftovers } from "./support/leftovers.ts";
import { Commands } from "./support/run/execute.ts";
import { takeNext } from "./support/run/lanes.ts";
import { bin, type Outcome, type Part, suite, whole } from "./support/run/parts.ts";
import { removeLab } from "./support/run/removeLab.ts";
import { makeTemporary, removeTemporary } from "./support/run/temporary.ts";
import { testLab } from "./support/run/testLab.ts";

const lab = testLab(process.env, `test-${process.pid}`);
const reports = `${lab.folder}-reports`;
const temporary = makeTemporary();
const measure = process.env.COVERAGE === "1";
const commands = new Commands(
  {
    ...process.env,
    LAB: lab.name,
    LAB_CACHE: lab.cache,
    TMPDIR: temporary,
    ...(measure && { COVERAGE_FOLDER: join(reports, "processes") }),
  },
  reports,
);
const vitest = (name: string, share?: string) => suite(commands, name, reports, measure, share);
const onArtefacts = (part: Part): Part => ({ ...part, onArtefacts: true });

/**
 * Two lanes, one for each core of a small machine; they spend most of their time waiting. The first begins with the parts that
 * need only this repository and its packages, while the lab's artefacts are built. The one that ends first helps the other.
 */
const lanes: Part[][] = [
  [
    whole(commands, "lint", bin("biome"), ["check", "--error-on-warnings", "."]),
    whole(commands, "types", bin("tsc"), ["--noEmit"]),
    whole(commands, "unused", bin("knip"), ["--no-progress"]),
    vitest("unit"),
    vitest("cloud"),
    onArtefacts(vitest("services")),
    onArtefacts(vitest("plugins")),
    onArtefacts(vitest("lambda")),
  ],
  [
    onArtefacts(vitest("e2e")),
    onArtefacts(vitest("machines", "1/2")),
    onArtefacts(vitest("machines", "2/2")),
  ],
];

const wanted = process.argv.slice(2);
const known = [...new Set(lanes.flat().map((part) => part.name))];
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`unknown part: ${unknown.join(", ")}; the parts are ${known.join(", ")}\n`);
  process.exit(2);
}
const chosen = (parts: Part[]) => parts.filter(({ name }) => wanted.length === 0 || wanted.includes(name));

const results: (Omit<Outcome, "output"> & { name: string; seconds: number })[] = [];
const running = new Map<string, number>();
const secondsSince = (start: number) => (performance.now() - start) / 1000;
const heartbeat = setInterval(() => {
  const now = [...running].map(([name, start]) => `${name} ${duration(secondsSince(start))}`);
  if (now.length > 0) say(`… ${now.join(", ")}`);
}, 60_000);
const say = (line: string) => process.stdout.write(`${line}\n`);

/** Runs parts in sequence. A part's output is shown when it ends, so that lanes do not mix. */
async function lane(next: () => Part | undefined, built: Promise<boolean>): Promise<void> {
  for (let part = next(); part !== undefined; part = next()) {
    if (part.onArtefacts && !(await built)) return;
    if (commands.interrupted) return;
    const start = performance.now();
    const name = [part.name, part.share ?? []].flat().join(" ");
    running.set(name, start);
    const { output, ...counts } = await part.run();
    running.delete(name);
    const seconds = secondsSince(start);
    results.push({ name, ...counts, seconds });
    say(`\n── ${name}, ${duration(seconds)}\n${output.trimEnd()}\n`);
  }
}

const chosenLanes = lanes.map(chosen);
const withArtefacts = chosenLanes.flat().some((part) => part.onArtefacts);
const build: Part = {
  name: "build",
  run: async () => {
    const code = await commands.show(bin("node"), ["lab/cli.ts", "build"]);
    return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0, output: "" };
  },
};

await mkdir(reports, { recursive: true });
let leftBehind: string | undefined;
try {
  const builds = withArtefacts ? [build] : [];
  const built = lane(() => builds.shift(), Promise.resolve(true)).then(() =>
    results.every(({ name, failed }) => name !== "build" || failed === 0),
  );
  await Promise.all([built, ...chosenLanes.map((_, own) => lane(() => takeNext(chosenLanes, own), built))]);
} finally {
  clearInterval(heartbeat);
  if (commands.interrupted) await endLeftovers(temporary);
  if (withArtefacts) {
    try {
      const leftovers = await removeLeftovers(temporary);
      if (leftovers.length > 0) say(`removed what tests left in the engine: ${leftovers.join(", ")}`);
    } catch (error) {
      leftBehind = `what tests left in the engine was not removed: ${messageOf(error)}`;
    }
    const lost = await removeLab(lab, () => commands.show(bin("node"), ["lab/cli.ts", "down"]), say);
    leftBehind = lost ?? leftBehind;
  }
  if (measure) say(`\n${(await lineCoverage(reports)).text}`);
  for (const folder of [reports, temporary]) removeTemporary(folder);
  // Until now an interrupted test's folder counted as a user of the engine.
  if (withArtefacts) await stopEngine(lab.folder);
}

const sum = (count: (result: (typeof results)[number]) => number) =>
  results.reduce((total, result) => total + count(result), 0);
for (const { name, unsteady = [], leftOut = {} } of results) {
  for (const [why, count] of Object.entries(leftOut)) say(`– ${name}: ${count} not run: ${why}`);
  for (const first of unsteady) say(`⚠ passed on a later attempt only, ${name}: ${first}\n`);
}
for (const { name, passed, failed, skipped, seconds } of results) {
  const more = skipped > 0 ? `, ${skipped} skipped` : "";
  const counts = `${passed} passed, ${failed} failed${more} in ${duration(seconds)}`;
  say(`${failed === 0 ? "✔" : "✘"} ${name.padEnd(12)} ${counts}`);
}
for (const { name, failures = [] } of results) for (const { text } of failures) say(`✘ ${name}: ${text}`);
// Once more and last, a line each, because of a long log often only the end is kept.
for (const { name, failures = [] } of results) for (const { short } of failures) say(`✘ ${name}: ${short}`);
const failed = sum((result) => result.failed);
say(`${sum((result) => result.passed)} passed, ${failed} failed`);
if (leftBehind) say(`✘ ${leftBehind}`);
process.exitCode = failed === 0 && !leftBehind && !commands.interrupted ? 0 : 1;
