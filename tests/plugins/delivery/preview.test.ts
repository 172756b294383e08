import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { labOf } from "../../../lab/lab.ts";
import { repository } from "../../../tools/repository.ts";

/** A network with nothing but loopback, where this user may make one. */
const alone = ["unshare", "--net", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];
const canBeAlone = spawnSync("unshare", ["--net", "--", "sh", "-c", "ip link set lo up"]).status === 0;

const hostsOf = (stack: string): string[] => {
  const text = readFileSync(join(repository, `Pulumi.${stack}.yaml`), "utf8");
  const { config } = parse(text) as { config: Record<string, { name: string }[]> };
  return (config["sophia-infra:hosts"] ?? []).map(({ name }) => name);
};

const where = canBeAlone ? "without any network" : "offline [this user may not take its network away]";

test.each(["dev", "prod"])(`the plan of %s is computed ${where}, and names its hosts`, (stack) => {
  const root = mkdtempSync(join(tmpdir(), "preview-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const command = [process.execPath, join(repository, "lab/cli.ts"), "preview", stack];
  const [program = "", ...args] = canBeAlone ? [...alone, ...command] : command;
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: repository,
    encoding: "utf8",
    env: { ...process.env, LAB: "offline", LAB_ROOT: root, LAB_CACHE: labOf().cache },
  });
  expect(status, `${stdout.slice(-3000)}\n${stderr.slice(-3000)}`).toBe(0);
  expect(stdout).toMatch(/Policies:\n.*sophia-policies@v/);
  // Every release is rendered and evaluated: a change of a chart cannot pass a preview that makes it from nothing.
  expect(stdout).not.toContain("releases-judged-later");
  const hosts = hostsOf(stack);
  expect(hosts.length).toBeGreaterThan(0);
  for (const host of hosts) expect(stdout).toContain(`fleet-${host}`);
});
