import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../../../tools/repository.ts";
import { failuresOf, unsteadyOf } from "../../support/run/parts.ts";

const file = join(repository, "tests", "unit", "some.test.ts");
const result = (status: string, failureMessages: string[] = []) => ({
  status,
  fullName: `group ${status}`,
  failureMessages,
});

test("the closing summary names each failed test and why, and no other", () => {
  const failures = failuresOf({
    testResults: [
      {
        name: file,
        assertionResults: [result("passed"), result("failed", ["expected 1 to be 2\nat line 3"])],
      },
    ],
  });
  expect(failures).toEqual(["tests/unit/some.test.ts › group failed\n    expected 1 to be 2\n    at line 3"]);
});

test("the closing summary names a file that broke outside a test", () => {
  const failures = failuresOf({
    testResults: [{ name: file, message: "cannot find module", assertionResults: [] }],
  });
  expect(failures).toEqual(["tests/unit/some.test.ts\n    cannot find module"]);
});

test("the closing summary keeps a long reason short", () => {
  const [failure] = failuresOf({
    testResults: [{ name: file, assertionResults: [result("failed", ["a line\n".repeat(200)])] }],
  });
  expect(failure?.split("\n").length).toBeLessThan(20);
});

test("a test that passed at the second try only is named with what it said at the first, and is no failure", () => {
  const results = {
    testResults: [
      {
        name: file,
        assertionResults: [result("passed"), result("passed", ["timed out"]), result("failed", ["no"])],
      },
    ],
  };
  expect(unsteadyOf(results)).toEqual(["tests/unit/some.test.ts › group passed\n    timed out"]);
  expect(failuresOf(results)).toEqual(["tests/unit/some.test.ts › group failed\n    no"]);
});
