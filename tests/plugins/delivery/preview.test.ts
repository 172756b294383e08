import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { labOf } from "../../../lab/lab.ts";
import { repository } from "../../../tools/repository.ts";

/** A network with nothing but loopback, where this user may make one. */
const user = process.getuid?.() === 0 ? [] : ["--map-root-user"];
const alone = ["unshare", ...user, "--net", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];
const canBeAlone = spawnSync(alone[0] ?? "", [...alone.slice(1), "true"]).status === 0;

const hostsOf = (stack: string): string[] => {
  const text = readFileSync(join(repository, `Pulumi.${stack}.yaml`), "utf8");
  const { config } = parse(text) as { config: Record<string, { name: string }[]> };
  return (config["sophia-infra:hosts"] ?? []).map(({ name }) => name);
};

/** The command without any network, where that can be had. */
const withoutNetwork = (command: string[]) => (canBeAlone ? [...alone, ...command] : command);

test.skipIf(!canBeAlone)("the plans below are computed without any network (network namespaces only)", () => {
  const ask = "console.log(Object.keys(require('node:os').networkInterfaces()).join())";
  const [program = "", ...args] = withoutNetwork([process.execPath, "-e", ask]);
  expect(spawnSync(program, args, { encoding: "utf8" }).stdout).toBe("lo\n");
});

test.each(["dev", "prod"])("the plan of %s is computed offline, and names its hosts", (stack) => {
  const root = mkdtempSync(join(tmpdir(), "preview-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const command = [process.execPath, join(repository, "lab/cli.ts"), "preview", stack];
  const [program = "", ...args] = withoutNetwork(command);
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: repository,
    encoding: "utf8",
    env: { ...process.env, LAB: "offline", LAB_ROOT: root, LAB_CACHE: labOf().cache },
  });
  expect(status, `${stdout.slice(-3000)}\n${stderr.slice(-3000)}`).toBe(0);
  expect(stdout).toMatch(/Policies:\n.*sophia-policies@v/);
  // Every release is rendered and evaluated: a change of a chart cannot pass a preview that makes it from nothing.
  expect(stdout).not.toContain("releases-judged-later");
  // A read goes to the cluster in every preview, also on a runner that cannot reach it.
  expect(stdout).not.toMatch(/\bread kubernetes:/);
  const hosts = hostsOf(stack);
  expect(hosts.length).toBeGreaterThan(0);
  for (const host of hosts) expect(stdout).toContain(`fleet-${host}`);
});
