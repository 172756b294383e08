import { expect, test } from "vitest";
import { countsIn, faultsIn } from "../../../lab/commands/update.ts";

test("the counts at the end of an update are told in one line", () => {
  const stdout =
    "Updating\n + a created\n\nResources:\n    + 2 created\n    ~ 1 updated\n    3 changes. 29 unchanged\n\nDuration: 4s\n";
  expect(countsIn(stdout)).toBe("2 created, 1 updated");
  expect(countsIn("Resources:\n    152 unchanged\n")).toBe("152 unchanged");
  expect(countsIn("no such block")).toBe("");
});

test("what is wrong is told without the outputs that an update prints, too", () => {
  const policies =
    "Policies:\n    ❌ sophia-policies@v0.1.0\n        - [mandatory]  no-latest-tag  (Release: redis)";
  const diagnostics = "Diagnostics:\n  Release (redis):\n    error: no such chart";
  const outputs = 'Outputs:\n  - url : "https://sophia.lab"';
  const said = `Updating (local):\n\n${policies}\n\n${diagnostics}\n\n${outputs}\n\nResources:\n    7 unchanged\n`;
  expect(faultsIn(said)).toBe(`${policies}\n${diagnostics}`);
  expect(faultsIn(outputs)).toBe("");
});
