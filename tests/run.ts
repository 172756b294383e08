/**
 * `make test`: everything that proves the platform, cheapest first, with one closing line `N passed, N failed`.
 * Binaries and images are built beside the first checks, so that the tests that need them rarely wait.
 *
 *   node tests/run.ts                 all of it
 *   node tests/run.ts unit plugins    these parts only
 *   COVERAGE=1 node tests/run.ts      with line coverage, the processes that tests start included
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labOf, repository } from "../lab/lab.ts";
import { duration } from "../lab/progress.ts";
import { lineCoverage } from "./support/coverage.ts";

interface Result {
  name: string;
  passed: number;
  failed: number;
  skipped: number;
  seconds: number;
}

const bin = (name: string) => join(repository, "node_modules", ".bin", name);
const lab = labOf({ ...process.env, LAB: process.env.LAB || `test-${process.pid}` });
const reports = `${lab.folder}-reports`;
const temporary = await mkdtemp(join(tmpdir(), "sophia-test-"));
const measure = process.env.COVERAGE === "1";
const environment = {
  ...process.env,
  LAB: lab.name,
  LAB_CACHE: lab.cache,
  TMPDIR: temporary,
  ...(measure && { COVERAGE_FOLDER: join(reports, "processes") }),
};

const running = new Set<ChildProcess>();
let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  // A terminal tells the whole group, `kill` only this process. Either way the lab is still to be removed.
  process.on(signal, () => {
    interrupted = true;
    for (const child of running) child.kill(signal);
  });
}

function execute(command: string, args: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: repository,
      env: environment,
      stdio: ["ignore", "inherit", "inherit"],
    });
    running.add(child);
    child.on("error", reject);
    child.on("close", (code) => {
      running.delete(child);
      resolve(code ?? 1);
    });
  });
}

/** A check that passes or fails as a whole. */
const whole = (name: string, command: string, args: string[]) => ({
  name,
  run: async () => {
    const code = await execute(command, args);
    return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  },
});

/** One vitest project, counted test by test. */
const suite = (name: string) => ({
  name,
  run: async () => {
    const report = join(reports, `${name}.json`);
    const coverage = measure
      ? [
          "--coverage",
          "--coverage.reporter=json",
          `--coverage.reportsDirectory=${join(reports, `coverage-${name}`)}`,
        ]
      : [];
    const code = await execute(bin("node"), [
      join(repository, "node_modules", "vitest", "vitest.mjs"),
      "run",
      `--project=${name}`,
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...coverage,
    ]);
    const counts = await readFile(report, "utf8")
      .then(
        (text) =>
          JSON.parse(text) as { numPassedTests: number; numFailedTests: number; numPendingTests: number },
      )
      .catch(() => ({ numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 }));
    // A suite that broke outside a test, or found none, has failed even where no test did.
    const broken = (code !== 0 && counts.numFailedTests === 0) || counts.numPassedTests === 0;
    return {
      passed: counts.numPassedTests,
      failed: counts.numFailedTests + (broken ? 1 : 0),
      skipped: counts.numPendingTests,
    };
  },
});

const parts = [
  whole("lint", bin("biome"), ["check", "--error-on-warnings", "."]),
  whole("types", bin("tsc"), ["--noEmit"]),
  suite("unit"),
  suite("cloud"),
  suite("plugins"),
  suite("lambda"),
  suite("machines"),
  suite("e2e"),
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !parts.some((part) => part.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `no such part: ${unknown.join(", ")}; there are ${parts.map((part) => part.name).join(", ")}\n`,
  );
  process.exit(2);
}
const chosen = parts.filter((part) => wanted.length === 0 || wanted.includes(part.name));
const needsArtefacts = chosen.some((part) => ["plugins", "lambda", "machines", "e2e"].includes(part.name));

await mkdir(reports, { recursive: true });
const results: Result[] = [];
let building: Promise<number> | undefined;
try {
  if (needsArtefacts) building = execute(bin("node"), ["lab/cli.ts", "build"]);
  for (const part of chosen) {
    if (interrupted) break;
    if (building && ["plugins", "lambda", "machines", "e2e"].includes(part.name)) {
      const code = await building;
      building = undefined;
      results.push({
        name: "build",
        passed: code === 0 ? 1 : 0,
        failed: code === 0 ? 0 : 1,
        skipped: 0,
        seconds: 0,
      });
      if (code !== 0) break;
    }
    const start = performance.now();
    process.stdout.write(`\n── ${part.name}\n`);
    const counts = await part.run();
    results.push({ name: part.name, ...counts, seconds: (performance.now() - start) / 1000 });
  }
} finally {
  await building;
  if (needsArtefacts) await execute(bin("node"), ["lab/cli.ts", "down"]);
  if (measure) process.stdout.write(`\n${(await lineCoverage(reports)).text}\n`);
  for (const folder of [lab.folder, reports, temporary]) await rm(folder, { recursive: true, force: true });
}

const sum = (count: (result: Result) => number) =>
  results.reduce((total, result) => total + count(result), 0);
process.stdout.write("\n");
for (const { name, passed, failed, skipped, seconds } of results) {
  const mark = failed === 0 ? "✔" : "✘";
  const more = skipped > 0 ? `, ${skipped} skipped` : "";
  process.stdout.write(
    `${mark} ${name.padEnd(10)} ${passed} passed, ${failed} failed${more} in ${duration(seconds)}\n`,
  );
}
const failed = sum((result) => result.failed);
process.stdout.write(`${sum((result) => result.passed)} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && !interrupted ? 0 : 1;
