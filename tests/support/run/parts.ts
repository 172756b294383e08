import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "../../../lab/lab.ts";
import type { Commands } from "./execute.ts";

/** Tests of one part, and what it printed. */
export interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
  said: string;
}

export interface Part {
  name: string;
  run(): Promise<Outcome>;
}

export const bin = (name: string) => join(repository, "node_modules", ".bin", name);

/** A check that passes or fails as a whole. */
export const whole = (commands: Commands, name: string, command: string, args: string[]): Part => ({
  name,
  run: async () => {
    const { code, said } = await commands.execute(command, args);
    return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0, said };
  },
});

interface Counts {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
}

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
    const coverage = ["", ".reporter=json", `.reportsDirectory=${join(reports, `coverage-${name}`)}`];
    const { code, said } = await commands.execute(bin("node"), [
      join(repository, "node_modules", "vitest", "vitest.mjs"),
      "run",
      `--project=${name}`,
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...(measure ? coverage.map((option) => `--coverage${option}`) : []),
    ]);
    const counts = await readFile(report, "utf8")
      .then((text) => JSON.parse(text) as Counts)
      .catch(() => ({ numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 }));
    // A suite that broke outside a test, or found none, has failed even where no test did.
    const broken = (code !== 0 && counts.numFailedTests === 0) || counts.numPassedTests === 0;
    return {
      passed: counts.numPassedTests,
      failed: counts.numFailedTests + (broken ? 1 : 0),
      skipped: counts.numPendingTests,
      said,
    };
  },
});
