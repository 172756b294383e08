import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { expect, onTestFinished, test, vi } from "vitest";
import { InitFailed } from "../../../components/core/provider/initFailed.ts";
import { unknownValue } from "../../../components/core/provider/unknown.ts";
import { adapt, faultsOf } from "../../../lambda/provider/adapter.ts";
import { contextFrom } from "../../../lambda/provider/context.ts";
import { firewallRuleset } from "../../../lambda/provider/handlers/firewallRuleset.ts";
import { instance } from "../../../lambda/provider/handlers/instance.ts";
import { instanceClaim } from "../../../lambda/provider/handlers/instanceClaim.ts";
import { provider } from "../../../lambda/provider/handlers/sshKey.ts";

const good = {
  name: "n",
  claim: "c",
  stack: "s",
  hostname: "h",
  instanceTypes: ["gpu_1x_a10"],
  regions: ["us-west-1"],
  imageFamily: "f",
  sshKeyName: "k",
};
const faults = (bag: Record<string, unknown>) =>
  faultsOf(instance.inputs(bag), bag).map(({ property }) => property);

test("all faults of an instance are reported together", () => {
  expect(faults(good)).toEqual([]);
  expect(
    faults({ ...good, name: "", hostname: "Not A Host", regions: [], userData: "x".repeat(1_000_001) }),
  ).toEqual(["name", "hostname", "regions", "userData"]);
});

test("values that are not known yet are no faults, others next to them are", () => {
  expect(
    faults({
      ...good,
      claim: unknownValue,
      rulesets: unknownValue,
      fileSystem: { name: unknownValue, region: 7 },
    }),
  ).toEqual(["fileSystem.region"]);
  expect(faults({ ...good, instanceTypes: unknownValue, rulesets: { "us-west-1": unknownValue } })).toEqual(
    [],
  );
});

test("L3 with adopt nothing else is required", () => {
  expect(faults({ adopt: { id: "i" } })).toEqual([]);
  expect(faults({ adopt: unknownValue })).toEqual([]);
  expect(faults({ adopt: { address: "203.0.113.7" } })).toEqual(["adopt"]);
});

test("L4 rules are checked one by one", () => {
  const bag = {
    name: "r",
    region: "us-west-1",
    initialRules: [
      { protocol: "tcp", ports: [0, 22], source: "anywhere", description: "SSH" },
      { protocol: "sctp", source: "0.0.0.0/0", description: "d".repeat(129) },
    ],
  };
  expect(faultsOf(firewallRuleset.inputs(bag), bag).map(({ property }) => property)).toEqual([
    "initialRules.0.ports.0",
    "initialRules.0.source",
    "initialRules.1.protocol",
    "initialRules.1.description",
  ]);
});

test("L5 a partly created resource keeps its inputs and the provider's text, without which it could not be deleted", async () => {
  const handler = {
    ...instance,
    create: async () => {
      throw new InitFailed("i-1", { status: "booting" }, "too slow");
    },
  };
  const made = adapt(handler as unknown as typeof instance, async () => ({}) as never).create({
    ...good,
    __provider: "text",
  });
  await expect(made).rejects.toMatchObject({
    id: "i-1",
    reasons: ["too slow"],
    properties: { ...good, status: "booting", __provider: "text" },
  });
});

test("what is missing or malformed in the configuration of the connection is named", async () => {
  const temporary = await mkdtemp(join(tmpdir(), "adapter-"));
  vi.stubEnv("TMPDIR", temporary);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(temporary, { recursive: true });
  });
  const from = (values: Record<string, string>) => contextFrom((key) => values[key]);
  const key = { "sophia-infra:lambdaApiKey": "k" };
  await expect(from({})).rejects.toThrow(/secret sophia-infra:lambdaApiKey is missing/);
  const malformed = JSON.stringify({ apiUrl: "here", pollInterval: -1 });
  await expect(from({ ...key, "sophia-infra:lambda": malformed })).rejects.toThrow(
    /sophia-infra:lambda: .*apiUrl/s,
  );
  const { timing, adoptions } = await from({
    ...key,
    "sophia-infra:hosts": JSON.stringify([
      { name: "a", roles: ["x"] },
      { name: "b", adopt: { id: "i" } },
    ]),
    "sophia-infra:lambda": JSON.stringify({ bootDeadline: 7, regions: ["x"] }),
  });
  expect(adoptions).toEqual([{ id: "i" }]);
  expect(timing).toMatchObject({ bootDeadline: 7, terminateDeadline: 900, settleDeadline: 180 });
});

test("a provider that was never configured is an error", async () => {
  await expect(provider.create({ name: "n", publicKey: "ssh-ed25519 AAAA" })).rejects.toThrow(
    /before it was configured/,
  );
});

test.each([{}, { adopt: { name: "old" } }])(
  "what a claim records with %j can be sent to the engine",
  async (inputs) => {
    const claims = adapt(instanceClaim, async () => ({}) as never);
    const created = await claims.create?.(inputs);
    const updated = await claims.update?.(
      created?.id ?? "",
      { ...created?.outs, adopt: { id: "i" } },
      inputs,
    );
    for (const outs of [created?.outs, updated?.outs])
      expect(Struct.fromJavaScript(outs).toJavaScript()).toMatchObject({ claim: created?.id, ...inputs });
  },
);
