import fc from "fast-check";
import { expect, test } from "vitest";
import { physicalName } from "../../../lambda/naming.ts";
import { difference } from "../../../lambda/reconcile/diff.ts";
import type { InstanceOutputs } from "../../../lambda/reconcile/instance/outputs.ts";
import {
  fixedParts,
  type InstanceSpec,
  launchRequest,
  specDigest,
} from "../../../lambda/reconcile/instance/spec.ts";
import { physicalKeyName } from "../../../lambda/reconcile/sshKey.ts";

const spec: InstanceSpec = {
  name: "sophia-dev-backend",
  claim: "c",
  stack: "sophia-infra/dev",
  hostname: "backend",
  instanceTypes: ["gpu_1x_a10"],
  regions: ["us-west-1"],
  imageFamily: "lambda-stack-22-04",
  sshKeyName: "k",
  userData: "#cloud-config",
  fileSystem: { name: "files", region: "us-west-1" },
  rulesets: { "us-west-1": "r1", "us-west-3": "r3" },
};
const old: InstanceOutputs = {
  ...fixedParts(spec, "us-west-1"),
  name: spec.name,
  address: "203.0.113.7",
  privateAddress: "",
  instanceType: "gpu_1x_a10",
  region: "us-west-1",
  gpus: 1,
  hourlyUsd: 1.29,
  status: "active",
  ready: true,
  adopted: false,
};

test("L1 a launch asks for what the region has: file system and ruleset of that region only", () => {
  const here = launchRequest(spec, { instanceType: "gpu_1x_a10", region: "us-west-1" });
  expect(here).toMatchObject({
    file_system_names: ["files"],
    firewall_rulesets: [{ id: "r1" }],
    user_data: "#cloud-config",
  });
  const there = launchRequest(spec, { instanceType: "gpu_1x_a10", region: "us-west-3" });
  expect(there).not.toHaveProperty("file_system_names");
  expect(there.firewall_rulesets).toEqual([{ id: "r3" }]);
  const nowhere = launchRequest(spec, { instanceType: "gpu_1x_a10", region: "us-east-1" });
  expect(nowhere).not.toHaveProperty("firewall_rulesets");
});

test("L5 tags are such that Lambda takes them", () => {
  const { tags } = launchRequest(
    { ...spec, stack: "s".repeat(300) },
    { instanceType: "t", region: "us-west-1" },
  );
  for (const { key, value } of tags) {
    expect(key).toMatch(/^(?!lambda-ai-)[a-z][a-z0-9-:]{1,54}$/);
    expect(value.length).toBeLessThanOrEqual(128);
  }
});

test.each([
  ["claim", { claim: "other" }, "claim"],
  ["host name", { hostname: "other" }, "hostname"],
  ["image", { imageFamily: "gpu-base-24-04" }, "imageFamily"],
  ["user data", { userData: "" }, "userData"],
  ["file system", { fileSystem: { name: "other", region: "us-west-1" } }, "fileSystem"],
  ["ruleset", { rulesets: { "us-west-1": "r9" } }, "rulesets"],
])("another %s takes another instance", (_, change, property) => {
  expect(difference("i", old, { spec: { ...spec, ...change } })).toEqual({
    changes: true,
    replaces: [property],
  });
  expect(specDigest({ ...spec, ...change }, "us-west-1")).not.toBe(specDigest(spec, "us-west-1"));
});

test("S2 another SSH key is let into a host that runs; one that never came up is launched with it", () => {
  const another = { spec: { ...spec, sshKeyName: "other" } };
  expect(difference("i", old, another)).toEqual({ changes: false, replaces: [] });
  expect(difference("i", { ...old, ready: false }, another)).toEqual({
    changes: true,
    replaces: ["sshKeyName"],
  });
  // What a killed run launched with the key before is no host for this one.
  expect(specDigest(another.spec, "us-west-1")).not.toBe(specDigest(spec, "us-west-1"));
});

test.each([
  ["types", { instanceTypes: ["gpu_8x_a100"] }],
  ["regions", { regions: ["us-east-1"] }],
  ["stack", { stack: "x" }],
  ["rulesets of other regions", { rulesets: { "us-west-1": "r1" } }],
  ["a ruleset that is offered no more", { rulesets: {} }],
])("another value of %s changes nothing on a running instance", (_, change) => {
  expect(difference("i", old, { spec: { ...spec, ...change } })).toEqual({ changes: false, replaces: [] });
});

test("a name is changed in place, a half-made instance is finished in place", () => {
  const inPlace = { changes: true, replaces: [] };
  expect(difference("i", old, { spec: { ...spec, name: "n" } })).toEqual(inPlace);
  expect(difference("i", { ...old, ready: false }, { spec })).toEqual(inPlace);
  const unplaced = { ...old, ...fixedParts(spec, ""), region: "", ready: false };
  expect(difference("i", unplaced, { spec })).toEqual(inPlace);
});

test("L3 between launched and adopted", () => {
  const adopted = { ...old, adopted: true };
  expect(difference("i", old, { adopt: { id: "i" } })).toEqual({ changes: true, replaces: [] });
  expect(difference("i", old, { adopt: { name: old.name } })).toEqual({ changes: true, replaces: [] });
  expect(difference("i", old, { adopt: { id: "other" } }).replaces).toEqual(["adopt"]);
  expect(difference("i", adopted, { adopt: { id: "i" } }).changes).toBe(false);
  expect(difference("i", adopted, { adopt: { name: old.name } }).changes).toBe(false);
  expect(difference("i", adopted, { adopt: { name: "other" } }).replaces).toEqual(["adopt"]);
  expect(difference("i", adopted, { spec }).replaces).toEqual(["adopt"]);
});

test("names fit, and stay different when they are cut", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 90 }),
      fc.string({ minLength: 1, maxLength: 90 }),
      (a, b) => {
        const [left, right] = [physicalName(["sophia", a]), physicalName(["sophia", b])];
        expect(left.length).toBeLessThanOrEqual(64);
        expect(left === right).toBe(a === b);
      },
    ),
  );
});

test("a name that is cut ends in a digest of the whole", () => {
  const long = "x".repeat(80);
  expect(physicalName(["sophia", long])).toMatch(/^sophia-x{48}-[0-9a-f]{8}$/);
  expect(physicalName(["sophia", `${long}y`])).not.toBe(physicalName(["sophia", long]));
});

test("a key's name tells keys apart, and comments do not matter", () => {
  const name = "n".repeat(64);
  const key = physicalKeyName({ name, publicKey: "ssh-ed25519 AAAA one" });
  expect(key).toHaveLength(64);
  expect(physicalKeyName({ name, publicKey: "ssh-ed25519 AAAA" })).toBe(key);
  expect(physicalKeyName({ name, publicKey: "ssh-ed25519 BBBB" })).not.toBe(key);
});
