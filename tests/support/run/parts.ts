import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { repository } from "../../../tools/repository.ts";
import type { Commands } from "./execute.ts";
import { skipsOf } from "./skips.ts";

/** Tests of one part, and what it printed. */
export interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
  output: string;
  /** What failed, each with the first lines of why: repeated at the end of the log. */
  failures?: string[];
  /** What passed on the second attempt only, each with the error of the first. Not a failure, but worth an investigation. */
  unsteady?: string[];
  /** Why tests were left out, with how many. */
  leftOut?: Record<string, number>;
}

export interface Part {
  name: string;
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

/** What is read of vitest's JSON report. */
interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  testResults: {
    name: string;
    message?: string;
    assertionResults: { status: string; fullName: string; failureMessages?: string[] }[];
  }[];
}

const none: Report = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, testResults: [] };
const firstLines = (text: string) => text.split("\n").slice(0, 12).join("\n    ").slice(0, 1500);

type Results = Pick<Report, "testResults">;
type Test = Report["testResults"][number]["assertionResults"][number];

const described = (name: string, { fullName, failureMessages }: Test): string =>
  `${relative(repository, name)} › ${fullName}\n    ${firstLines((failureMessages ?? []).join("\n"))}`;

/** One entry for each failed test, and for each file that broke outside a test. */
export const failuresOf = ({ testResults }: Results): string[] =>
  testResults.flatMap(({ name, message, assertionResults }) => {
    const tests = assertionResults.filter(({ status }) => status === "failed");
    if (tests.length === 0 && message) return [`${relative(repository, name)}\n    ${firstLines(message)}`];
    return tests.map((test) => described(name, test));
  });

/** One entry for each test that failed first and passed when it was tried again. */
export const unsteadyOf = ({ testResults }: Results): string[] =>
  testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status, failureMessages = [] }) => status === "passed" && failureMessages.length > 0)
      .map((test) => described(name, test)),
  );

/**
 * One vitest project, counted test by test.
 *
 * @param reports folder for its report
 * @param measure line coverage too
 */
export const suite = (commands: Commands, name: string, reports: string, measure: boolean): Part => ({
  name,
  run: async () => {
    const report = join(reports, `${name}.json`);
    const folder = join(reports, `coverage-${name}`);
    // What ran has run, also where a test failed.
    const coverage = ["", ".reporter=json", ".reportOnFailure=true", `.reportsDirectory=${folder}`];
    const { code, output } = await commands.execute(bin("node"), [
      join(repository, "node_modules", "vitest", "vitest.mjs"),
      "run",
      `--project=${name}`,
      // On a machine that does much else, one deadline in two thousand tests is missed now and then.
      "--retry=1",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...(measure ? coverage.map((option) => `--coverage${option}`) : []),
    ]);
    const counts = await readFile(report, "utf8")
      .then((text) => JSON.parse(text) as Report)
      .catch(() => none);
    // A suite that broke outside a test, or found none, has failed even where no test did.
    const broken = (code !== 0 && counts.numFailedTests === 0) || counts.numPassedTests === 0;
    const skips = skipsOf(counts);
    const unknown = skips.unknown.map(
      (what) => `${what}\n    a test that is left out is to be listed in tests/support/run/skips.ts`,
    );
    return {
      passed: counts.numPassedTests,
      failed: counts.numFailedTests + (broken ? 1 : 0) + unknown.length,
      skipped: counts.numPendingTests,
      output,
      failures: [...failuresOf(counts), ...unknown],
      leftOut: skips.known,
      unsteady: unsteadyOf(counts),
    };
  },
});
