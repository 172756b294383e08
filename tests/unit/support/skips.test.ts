import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../../../tools/repository.ts";
import { skipsOf } from "../../support/run/skips.ts";

const name = join(repository, "tests", "unit", "some.test.ts");
const passed = { name, status: "passed", message: "" };
const failed = { name, status: "failed", message: "" };
const result = (status: string, fullName: string) => ({ status, fullName });

test("a test that was left out for a reason that is listed is counted by it", () => {
  const noKey = "Lambda Cloud [skipped: no LAMBDA_API_KEY] lists its regions";
  expect(
    skipsOf({
      testResults: [
        {
          ...passed,
          assertionResults: [result("skipped", noKey), result("skipped", noKey), result("passed", "x")],
        },
      ],
    }),
  ).toEqual({ known: { "LAMBDA_API_KEY is not set": 2 }, unknown: [] });
});

test("any other test that was left out is told, whatever it is called", () => {
  const assertionResults = [
    result("pending", "Nginx answers"),
    result("todo", "later"),
    result("passed", "x"),
  ];
  expect(skipsOf({ testResults: [{ ...passed, assertionResults }] }).unknown).toEqual([
    "tests/unit/some.test.ts: 2 not run, the first: Nginx answers",
  ]);
});

test("what did not run because its file failed is told by the failure alone", () => {
  const assertionResults = [result("failed", "first"), result("skipped", "second")];
  expect(skipsOf({ testResults: [{ ...failed, assertionResults }] }).unknown).toEqual([]);
  const untried = { ...failed, assertionResults: [result("skipped", "x")] };
  expect(skipsOf({ testResults: [untried] }).unknown).toEqual([]);
});
