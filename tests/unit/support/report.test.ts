import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../../../tools/repository.ts";
import {
  brokenFiles,
  countsOf,
  failuresOf,
  inShort,
  type Report,
  recovered,
  retried,
  unsteadyOf,
} from "../../support/run/report.ts";

const name = join(repository, "tests", "unit", "some.test.ts");
const result = (status: string, failureMessages: string[] = []) => ({
  status,
  fullName: `group ${status}`,
  failureMessages,
});
const report = (...assertionResults: ReturnType<typeof result>[]): Report => ({
  testResults: [
    {
      name,
      status: assertionResults.some(({ status }) => status === "failed") ? "failed" : "passed",
      message: "",
      assertionResults,
    },
  ],
});
/** As vitest reports a hook that failed: outside all groups with a message, within one without. */
const broken = (message: string): Report => ({
  testResults: [{ name, status: "failed", message, assertionResults: [result("skipped")] }],
});

test("the closing summary names each failed test and why, and no other", () => {
  const failures = failuresOf(report(result("passed"), result("failed", ["expected 1 to be 2\nhere"])));
  expect(failures).toEqual([
    {
      text: "tests/unit/some.test.ts › group failed\n    expected 1 to be 2\n    here",
      short: "tests/unit/some.test.ts › group failed: expected 1 to be 2",
    },
  ]);
});

test("the closing summary names a file that broke outside a test, also where vitest says no reason", () => {
  expect(failuresOf(broken("cannot find module"))).toEqual([
    {
      text: "tests/unit/some.test.ts\n    cannot find module",
      short: "tests/unit/some.test.ts: cannot find module",
    },
  ]);
  expect(failuresOf(broken(""))).toMatchObject([{ text: expect.stringContaining("a hook failed") }]);
});

test("the closing summary keeps a long reason short", () => {
  const [failure] = failuresOf(report(result("failed", ["a line\n".repeat(200)])));
  expect(failure?.text.split("\n").length).toBeLessThan(20);
  expect(failure?.short.length).toBeLessThan(700);
});

test("the closing line of a failed update has what refused it, not how it began", () => {
  const said = [
    "AssertionError: Updating (local):",
    "  -- kubernetes:batch/v1:Job mcp-check-job deleted original (0.83s)",
    "  ++ kubernetes:batch/v1:Job mcp-check-job **creating failed** error: 4 errors occurred:",
    "    * 1 of the MCP endpoints did not serve a client within 90 s as they should:",
    "  gong: 2025-11-25: connect ECONNREFUSED",
    "pulumi up failed",
    "    at error.ts:26:39",
    "AssertionError: expected '' to be 'of the second try'",
  ].join("\n");
  expect(inShort(said)).toBe(
    "++ kubernetes:batch/v1:Job mcp-check-job **creating failed** error: 4 errors occurred: | " +
      "* 1 of the MCP endpoints did not serve a client within 90 s as they should: | " +
      "gong: 2025-11-25: connect ECONNREFUSED",
  );
  expect(inShort("it ended\nwell")).toBe("it ended | well");
});

test("a test that passed at the second try only is named with what it said at the first, and is no failure", () => {
  const results = report(result("passed"), result("passed", ["timed out"]), result("failed", ["no"]));
  expect(unsteadyOf(results)).toEqual(["tests/unit/some.test.ts › group passed\n    timed out"]);
  expect(failuresOf(results)).toMatchObject([{ text: "tests/unit/some.test.ts › group failed\n    no" }]);
});

test("a file that broke outside its tests is tried again, one with a failed test is not", () => {
  expect(brokenFiles(broken(""))).toEqual([name]);
  expect(brokenFiles(report(result("failed", ["no"])))).toEqual([]);
  expect(brokenFiles(report(result("passed"), result("skipped")))).toEqual([]);
});

test("what a second run of a file says counts, and its first failure is told", () => {
  const first = broken("Hook timed out");
  const second = report(result("passed"));
  expect(countsOf(retried(first, second))).toEqual({ passed: 1, skipped: 0 });
  expect(failuresOf(retried(first, second))).toEqual([]);
  expect(recovered(first, second)).toEqual(["tests/unit/some.test.ts\n    Hook timed out"]);
  expect(recovered(first, first)).toEqual([]);
  expect(failuresOf(retried(first, first))).toHaveLength(1);
});

test("a second run that ended without a report leaves the failure of the first", () => {
  const first = broken("Hook timed out");
  expect(failuresOf(retried(first, { testResults: [] }))).toHaveLength(1);
});
