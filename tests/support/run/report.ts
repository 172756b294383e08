import { relative } from "node:path";
import { repository } from "../../../tools/repository.ts";

/** What is read of vitest's JSON report. */
export interface Report {
  testResults: FileResult[];
}

interface FileResult {
  name: string;
  /** `failed` also where a hook failed, and none of the tests. */
  status: string;
  /** The error of a file that could not be loaded, or of a hook outside all groups. */
  message: string;
  assertionResults: TestResult[];
}

interface TestResult {
  status: string;
  fullName: string;
  failureMessages?: string[];
}

const firstLines = (text: string) => text.split("\n").slice(0, 12).join("\n    ").slice(0, 1500);

/** Words of lines that say what went wrong, among what a program printed on the way there. */
const telling = /\berrors?\b|refused|cannot|timed out|(?:did|does|is|was) not|expected/i;
/** Where a stack trace begins: what tells is above it. */
const frame = /^\s+at .+:\d+:\d+\)?$/m;

/** At most four lines of a message, those that tell what went wrong where there are any. Pure. */
export function inShort(message: string): string {
  const [above = ""] = message.split(frame);
  const lines = above.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim().slice(0, 160)]));
  const found = [...new Set(lines.filter((line) => telling.test(line)))];
  return (found.length > 0 ? found : lines).slice(0, 4).join(" | ");
}

/** A failed test, or a file that broke outside its tests. */
export interface Failure {
  /** What failed, and the beginning of what it said. */
  text: string;
  /** The same in one line. */
  short: string;
}

/** @param message what it said, of any length */
export const failure = (title: string, message: string): Failure => ({
  text: `${title}\n    ${firstLines(message)}`,
  short: `${title}: ${inShort(message)}`,
});

const described = (name: string, what: string, message: string): Failure =>
  failure(`${relative(repository, name)}${what && ` › ${what}`}`, message);

const ofTest = (name: string, { fullName, failureMessages = [] }: TestResult): Failure =>
  described(name, fullName, failureMessages.join("\n"));

/** Whether a file broke outside its tests: in a hook, or while it was loaded. */
const broke = ({ status, assertionResults }: FileResult): boolean =>
  status === "failed" && !assertionResults.some((test) => test.status === "failed");

/** Files that broke outside their tests, where vitest tries nothing again. */
export const brokenFiles = ({ testResults }: Report): string[] =>
  testResults.filter(broke).map(({ name }) => name);

/** One entry for each failed test, and for each file that broke outside a test. */
export const failuresOf = ({ testResults }: Report): Failure[] =>
  testResults.flatMap((file) =>
    broke(file)
      ? [described(file.name, "", file.message || "a hook failed: what this part printed says why")]
      : file.assertionResults
          .filter(({ status }) => status === "failed")
          .map((result) => ofTest(file.name, result)),
  );

/** One entry for each test that failed at first and passed when vitest tried it again. */
export const unsteadyOf = ({ testResults }: Report): string[] =>
  testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status, failureMessages = [] }) => status === "passed" && failureMessages.length > 0)
      .map((result) => ofTest(name, result).text),
  );

/** A report in which the files of a second run replace those of the first. */
export const retried = (first: Report, second: Report): Report => {
  const again = new Map(second.testResults.map((file) => [file.name, file]));
  return { testResults: first.testResults.map((file) => again.get(file.name) ?? file) };
};

/** One entry for each file that broke in the first run and not in the second. */
export const recovered = (first: Report, second: Report): string[] => {
  const sound = new Set(second.testResults.filter((file) => !broke(file)).map(({ name }) => name));
  const healed = first.testResults.filter((file) => broke(file) && sound.has(file.name));
  return failuresOf({ testResults: healed }).map(({ text }) => text);
};

/** How many tests passed, and how many did not run. */
export function countsOf({ testResults }: Report): { passed: number; skipped: number } {
  const all = testResults.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status));
  const passed = all.filter((status) => status === "passed").length;
  return { passed, skipped: all.filter((status) => status !== "failed").length - passed };
}
