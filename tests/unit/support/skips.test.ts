import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repository } from "../../../tools/repository.ts";
import { allowed, skipsOf } from "../../support/run/skips.ts";

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

describe("the list of what may be left out", () => {
  const files = execFileSync("git", ["ls-files", "tests"], { cwd: repository, encoding: "utf8" })
    .split("\n")
    .filter((file) => file.endsWith(".test.ts") && !import.meta.filename.endsWith(file))
    .map((file) => ({ file, text: readFileSync(join(repository, file), "utf8") }))
    // Where a test can leave itself out.
    .filter(({ text }) => /\bskip(If)?\(|\brunIf\(|\b(describe|test)\.(skip|todo)\b/.test(text))
    .map(({ file, text }) => ({
      file,
      titles: [...text.matchAll(/"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)].map(
        ([, plain, template]) => plain ?? template ?? "",
      ),
    }));

  test.each(allowed)("names tests that there are: $test", ({ test: pattern }) => {
    const where = files.filter(({ titles }) => titles.some((title) => pattern.test(title)));
    expect(where.map(({ file }) => file)).not.toEqual([]);
  });

  test.each(files)("knows the tests of $file", ({ titles }) => {
    expect(titles.filter((title) => allowed.some(({ test: pattern }) => pattern.test(title)))).not.toEqual(
      [],
    );
  });
});
