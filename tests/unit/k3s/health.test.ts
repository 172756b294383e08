import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nodeConfig } from "../../../k3s/config/config.ts";
import { healthScript } from "../../../k3s/health/scripts.ts";
import { repository } from "../../../tools/repository.ts";
import { host, settings } from "./fixtures.ts";

const script = healthScript(host());

test("H2 the health service may open the GPUs' devices, with every systemd that hosts have", () => {
  // Each of these closes all devices that are not named; ProtectClock does before systemd 253.
  expect(script).not.toMatch(/^(ProtectClock|PrivateDevices|DevicePolicy|DeviceAllow)=/m);
});

test("H2 nothing in the health service may set the clock", () => {
  expect(script).toMatch(/^CapabilityBoundingSet=$/m);
  expect(script).toMatch(/^SystemCallFilter=@system-service$/m);
});

/** For each size of a disk in GiB, the least free GiB with which the health service is content. */
function leastFree(sizes: number[]): number[] {
  const program = [
    "import importlib.util, json, os, sys, types",
    "spec = importlib.util.spec_from_file_location('health', sys.argv[1])",
    "health = importlib.util.module_from_spec(spec)",
    "spec.loader.exec_module(health)",
    "def least(size):",
    "    for free in range(size + 1):",
    "        os.statvfs = lambda path: types.SimpleNamespace(",
    "            f_bavail=free, f_blocks=size, f_frsize=2**30, f_favail=9, f_files=10)",
    "        if health.disk('/')['ok']: return free",
    "print(json.dumps([least(size) for size in json.loads(sys.argv[2])]))",
  ];
  const file = join(repository, "k3s/health/health.py");
  const args = ["-B", "-c", program.join("\n"), file, JSON.stringify(sizes)];
  return JSON.parse(execFileSync("python3", args, { encoding: "utf8" }));
}

test("H2 P5 a filling disk is reported before the kubelet evicts pods, whatever the disk's size", () => {
  const sizes = [20, 50, 100, 500, 1400, 6000];
  const spec = { host: host(), settings: settings(), serverAddress: "10.0.0.1" };
  const hard = (nodeConfig(spec)["kubelet-arg"] as string[]).find((arg) => arg.startsWith("eviction-hard="));
  const thresholds = [...(hard ?? "").matchAll(/(?:imagefs|nodefs)\.available<(\d+)Gi/g)];
  expect(thresholds).toHaveLength(2);
  for (const free of leastFree(sizes))
    for (const [, gibibytes] of thresholds) expect(free).toBeGreaterThan(Number(gibibytes));
  // Terabytes are not left empty.
  expect(Math.max(...leastFree(sizes))).toBe(20);
});
