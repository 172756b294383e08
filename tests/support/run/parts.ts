import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "../../../tools/repository.ts";
import type { Commands } from "./execute.ts";
import {
  brokenFiles,
  countsOf,
  type Failure,
  failure,
  failuresOf,
  type Report,
  recovered,
  retried,
  unsteadyOf,
} from "./report.ts";
import { skipsOf } from "./skips.ts";

/** Tests of one part, and what it printed. */
export interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
  output: string;
  /** What failed: repeated at the end of the log. */
  failures?: Failure[];
  /** What passed on a later attempt only, each with the error of the first. Not a failure, but worth an investigation. */
  unsteady?: string[];
  /** Why tests were left out, with how many. */
  leftOut?: Record<string, number>;
}

export interface Part {
  name: string;
  /** Which of how many shares of its test files, as `1/2`. Default: all of them. */
  share?: string | undefined;
  /** Needs the binaries and images that the lab builds. */
  onArtefacts?: boolean;
  run(): Promise<Outcome>;
}

export const bin = (name: string) => join(repository, "node_modules", ".bin", name);

/** A check that passes or fails as a whole. */
export const whole = (commands: Commands, name: string, command: string, args: string[]): Part => ({
  name,
  run: async () => {
    const { code, output } = await commands.execute(command, args);
    return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0, output };
  },
});

const none: Report = { testResults: [] };

/** Projects whose failures are never tried again: an orphan that is launched once in ten runs is paid for. */
const onceOnly = new Set(["lambda"]);
/** Projects whose tests share two cores with whole hosts, and miss a deadline where these start: that takes seconds. */
const besideHosts = new Set(["e2e", "machines", "services"]);

/** On a machine that does much else, one deadline in two thousand tests is missed now and then. */
function retries(name: string): string[] {
  if (onceOnly.has(name)) return ["--retry=0"];
  return besideHosts.has(name) ? ["--retry.count=2", "--retry.delay=10000"] : ["--retry=1"];
}

/**
 * One vitest project, counted test by test. Except for `onceOnly`, a file that breaks outside its tests is run
 * once more, as vitest does with a test that fails.
 *
 * @param reports folder for its report
 * @param measure line coverage too
 * @param share see `Part`
 */
export const suite = (
  commands: Commands,
  name: string,
  reports: string,
  measure: boolean,
  share?: string,
): Part => ({
  name,
  share,
  run: async () => {
    const attempt = async (number: number, files: string[]) => {
      const label = [name, ...(share ? share.split("/") : []), number].join("-");
      const path = join(reports, `${label}.json`);
      const folder = join(reports, `coverage-${label}`);
      // What ran has run, also where a test failed.
      const coverage = ["", ".reporter=json", ".reportOnFailure=true", `.reportsDirectory=${folder}`];
      const finished = await commands.execute(bin("node"), [
        join(repository, "node_modules", "vitest", "vitest.mjs"),
        "run",
        `--project=${name}`,
        ...retries(name),
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${path}`,
        ...(measure ? coverage.map((option) => `--coverage${option}`) : []),
        // Files that are named are all of this share.
        ...(share && files.length === 0 ? [`--shard=${share}`] : files),
      ]);
      const report = await readFile(path, "utf8")
        .then((text) => JSON.parse(text) as Report)
        .catch(() => none);
      return { ...finished, report };
    };
    const first = await attempt(1, []);
    const broken = commands.interrupted || onceOnly.has(name) ? [] : brokenFiles(first.report);
    const second = broken.length > 0 ? await attempt(2, broken) : undefined;
    const report = second ? retried(first.report, second.report) : first.report;
    const { code } = second ?? first;
    const counts = countsOf(report);
    const skips = skipsOf(report);
    const failures = [
      ...failuresOf(report),
      ...skips.unknown.map((what) =>
        failure(what, "a test that is left out is to be listed in tests/support/run/skips.ts"),
      ),
    ];
    // vitest itself broke, or found no test.
    if (failures.length === 0 && (code !== 0 || counts.passed === 0))
      failures.push(failure("vitest", `it ended with ${code}: what it printed says why`));
    return {
      ...counts,
      failed: failures.length,
      output: `${first.output}${second?.output ?? ""}`,
      failures,
      leftOut: skips.known,
      unsteady: [...unsteadyOf(report), ...(second ? recovered(first.report, second.report) : [])],
    };
  },
});
