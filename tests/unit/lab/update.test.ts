import { expect, test } from "vitest";
import { countsIn } from "../../../lab/commands/update.ts";

test("the counts at the end of an update are told in one line", () => {
  const stdout =
    "Updating\n + a created\n\nResources:\n    + 2 created\n    ~ 1 updated\n    3 changes. 29 unchanged\n\nDuration: 4s\n";
  expect(countsIn(stdout)).toBe("2 created, 1 updated");
  expect(countsIn("Resources:\n    152 unchanged\n")).toBe("152 unchanged");
  expect(countsIn("no such block")).toBe("");
});
