import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { repository } from "../../../tools/repository.ts";

/** Runs a command of the workflows with a CLI that only notes what it was asked. */
function asked(...args: string[]): { calls: string[]; stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), "sophia-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [binary, calls] = [join(folder, "pulumi"), join(folder, "calls")];
  writeFileSync(calls, "");
  writeFileSync(
    binary,
    `#!/bin/sh
echo "$@" >>'${calls}'
case "$*" in *"tag ls"*) echo '{}' ;; esac
while [ $# -gt 0 ]; do
  [ "$1" = --event-log ] && : >"$2"
  shift
done
`,
  );
  chmodSync(binary, 0o755);
  const env = { ...process.env, PULUMI_BINARY: binary, HELM_BINARY: "/not/needed", PULUMI_ORGANIZATION: "" };
  const { stderr } = spawnSync(process.execPath, [join(repository, "delivery/cli.ts"), ...args], {
    encoding: "utf8",
    env,
  });
  return { calls: readFileSync(calls, "utf8").split("\n").filter(Boolean), stderr };
}

test("L1 S3 plan and up run the policy pack, and look at what is really there when they are asked to", () => {
  const pack = `--policy-pack ${join(repository, "policies")}`;
  const [plan = ""] = asked("plan", "--stack=dev", "--refresh").calls;
  expect(plan).toMatch(/^preview .*--refresh/);
  expect(plan).toContain(pack);
  const update = (...more: string[]) => asked("up", "--stack=dev", ...more).calls.at(-1) ?? "";
  expect(update("--refresh")).toMatch(/^up .*--refresh/);
  const plain = update();
  expect(plain).toMatch(/^up (?!.*--refresh)/);
  expect(plain).toContain(pack);
});

test("a command that there is not is refused, with those that there are", () => {
  const { calls, stderr } = asked("destroy", "--stack=dev");
  expect(calls).toEqual([]);
  expect(stderr).toContain("usage: node delivery/cli.ts");
});
