import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { countsIn, faultsIn, update } from "../../../../lab/commands/update.ts";
import type { Lab } from "../../../../lab/lab.ts";
import { Stack } from "../../../../lab/stack/stack.ts";
import { Progress } from "../../../../lab/terminal/progress.ts";
import { policyPack, repository } from "../../../../tools/repository.ts";

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

/** Runs `update` with a CLI that records its arguments and ends with this code. */
async function updated(refresh: boolean, code = 0): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "update-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [binary, calls] = [join(folder, "pulumi"), join(folder, "calls")];
  const refused = "printf 'Policies:\\n    - [mandatory]  no-latest-tag  (Release: redis)\\n'";
  writeFileSync(binary, `#!/bin/sh\necho "$@" >>'${calls}'\n${code === 0 ? "" : refused}\nexit ${code}\n`);
  chmodSync(binary, 0o755);
  const lab: Lab = {
    name: "test",
    folder: join(folder, "lab"),
    cache: join(folder, "cache"),
    configFile: "",
  };
  mkdirSync(lab.folder);
  const stack = new Stack({ mode: "stand-in", home: join(folder, "home"), binary }, lab);
  await update(lab, stack, refresh, new Progress(), new AbortController().signal);
  return readFileSync(calls, "utf8").trim();
}

test("S3 an update runs the policy pack of this repository, also one that refreshes", async () => {
  expect(policyPack).toBe(join(repository, "policies"));
  for (const refresh of [false, true]) {
    const args = (await updated(refresh)).split(" ");
    expect(args[0]).toBe("up");
    expect(args[args.indexOf("--policy-pack") + 1]).toBe(policyPack);
    expect(args.includes("--refresh")).toBe(refresh);
  }
});

test("S3 an update that the policies refuse fails with what they refuse", async () => {
  await expect(updated(false, 1)).rejects.toThrow("[mandatory]  no-latest-tag  (Release: redis)");
});
