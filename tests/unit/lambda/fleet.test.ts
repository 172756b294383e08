import * as pulumi from "@pulumi/pulumi";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { hostSettings, lambdaSettings } from "../../../components/settings/sections/lambda.ts";
import { Fleet, type FleetArgs } from "../../../lambda/fleet.ts";
import { type TestCloud, testCloud } from "../../cloud/support/cloud.ts";

interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}
let registered: Registered[] = [];
/** Of the instance that is adopted, where it is to exist. */
let adoptedId: string | undefined;

/** Stands in for the engine: every resource comes into being as it was asked for. Nothing of Lambda is proved here. */
beforeEach(async () => {
  registered = [];
  adoptedId = undefined;
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        const { __provider: _, ...own } = inputs;
        registered.push({ type: type.split(":").at(-1) ?? type, name, inputs: own });
        const outputs = {
          keyName: "key-1",
          claim: "c",
          address: `203.0.113.${registered.length}`,
          hourlyUsd: 1,
          instanceType: "gpu_1x_a10",
          bytesUsed: 0,
          gpus: 1,
          adopted: "adopt" in own,
          hex: "0a1b2c3d",
        };
        return { id: ("adopt" in own && adoptedId) || `${name}-id`, state: { ...outputs, ...own } };
      },
      call: () => ({}),
    },
    "sophia-infra",
    "prod",
  );
});

const settings = (more: object = {}) =>
  lambdaSettings.parse({
    sshKey: { name: "team" },
    firewall: { adminNetworks: ["203.0.113.0/24"] },
    regions: ["us-west-1", "us-south-2"],
    requestsPerSecond: 1000,
    ...more,
  });
const launched = hostSettings.parse({ name: "backend", roles: ["server"], taints: ["a=b:NoSchedule"] });
const adopted = hostSettings.parse({ name: "frontend", roles: ["ingress"], adopt: { name: "www" } });

async function fleet(change: Partial<FleetArgs>, account?: TestCloud) {
  // An update is refused where nobody tells prices.
  const { cloud, key } = account ?? (await testCloud());
  const made = new Fleet("fleet", {
    hosts: [launched, adopted],
    budget: { monthlyUsd: 2000 },
    apiKey: pulumi.secret(key),
    publicKey: pulumi.secret("ssh-ed25519 AAAA"),
    peerPorts: [{ protocol: "tcp", ports: [10250, 10250], purpose: "kubelet" }],
    ...change,
    settings: { ...(change.settings ?? settings()), apiUrl: cloud.url },
  });
  const hosts = await Promise.all(made.hosts.map(({ host }) => resolved(host)));
  return { made, hosts };
}
const resolved = <T>(output: pulumi.Output<T>): Promise<T> => new Promise((resolve) => output.apply(resolve));
const ofType = (type: string) => registered.filter((one) => one.type === type);

test("L2 L3 hosts are launched or adopted by their settings, each with its roles, labels and taints", async () => {
  const { hosts } = await fleet({});
  expect(hosts).toMatchObject([
    {
      name: "backend",
      machineId: "fleet-backend-id",
      user: "ubuntu",
      port: 22,
      roles: ["server"],
      taints: ["a=b:NoSchedule"],
    },
    { name: "frontend", machineId: "fleet-frontend-id", roles: ["ingress"], gpus: 1 },
  ]);
  expect(
    ofType("Instance")
      .map(({ name, inputs }) => [name, inputs.adopt ?? inputs.name])
      .sort(),
  ).toEqual([
    ["fleet-backend", "sophia-prod-backend"],
    ["fleet-frontend", { name: "www" }],
  ]);
  expect(
    ofType("InstanceClaim")
      .map(({ name, inputs }) => [name, inputs.adopt])
      .sort(),
  ).toEqual([
    ["fleet-backend-claim", undefined],
    ["fleet-frontend-claim", { name: "www" }],
  ]);
});

test("L4 one ruleset in each region where a host may land, with the other hosts' addresses", async () => {
  const { hosts } = await fleet({});
  expect(
    ofType("FirewallRuleset")
      .map(({ inputs }) => inputs.name)
      .sort(),
  ).toEqual(["sophia-prod-us-south-2-0a1b2c3d", "sophia-prod-us-west-1-0a1b2c3d"]);
  const sources = ofType("FirewallRules").map(({ inputs }) =>
    (inputs.rules as { source: string }[]).map(({ source }) => source),
  );
  expect(sources).toHaveLength(2);
  for (const { address } of hosts) for (const of of sources) expect(of).toContain(`${address}/32`);
});

test("L4 too many firewall rules are refused before anything is asked for; adopted hosts have none of ours", async () => {
  const adminNetworks = Array.from({ length: 9 }, (_, index) => `198.51.100.${index}/32`);
  const crowded = settings({ firewall: { adminNetworks } });
  await expect(fleet({ settings: crowded })).rejects.toThrow(/firewall would need 23 rules/);
  expect(registered.filter(({ type }) => type !== "Fleet")).toEqual([]);
  await fleet({ settings: crowded, hosts: [adopted] });
  expect(ofType("Instance")).toHaveLength(1);
});

test("L3 L4 an update warns where an adopted host's firewall does not admit what the stack needs", async () => {
  const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
  onTestFinished(() => warn.mockRestore());
  const account = await testCloud();
  adoptedId = await account.launched({ name: "www", hostname: "www" });
  await account.control.advance(600);
  const { made } = await fleet({ hosts: [adopted] }, account);
  await resolved(made.summary);
  await vi.waitFor(() => expect(warn).toHaveBeenCalled(), { timeout: 60_000 });
  const [[text] = []] = warn.mock.calls;
  expect(text).toMatch(/not admit what host frontend needs: .*tcp 443 from 0.0.0.0\/0/);
});

test("L3 where every host is adopted, no key and no ruleset is made", async () => {
  await fleet({ hosts: [adopted] });
  expect(registered.map(({ type }) => type).sort()).toEqual(["Fleet", "Instance", "InstanceClaim"]);
});

test("L1 the file system is mounted by region, and the public key is no secret", async () => {
  await fleet({
    settings: settings({ fileSystem: { name: "files", region: "us-west-1" } }),
    hosts: [launched],
  });
  expect(ofType("Instance")[0]?.inputs).toMatchObject({
    fileSystem: { name: "files", region: "us-west-1" },
    sshKeyName: "key-1",
    rulesets: { "us-west-1": "fleet-firewall-us-west-1-id", "us-south-2": "fleet-firewall-us-south-2-id" },
    stack: "sophia-infra/prod",
  });
  expect(ofType("SshKey")[0]?.inputs).toEqual({ name: "team", publicKey: "ssh-ed25519 AAAA" });
});

test("L7 the estimate takes live prices, and those at launch where there are none", async () => {
  const of = async (change: Partial<FleetArgs>) => await resolved((await fleet(change)).made.estimate);
  const item = (name: string, monthlyUsd: number, source: string) => {
    return { resource: `host ${name}`, monthlyUsd, basis: `gpu_1x_a10, ${source}` };
  };
  expect(await of({})).toEqual({
    monthlyUsd: 1883.4,
    items: [item("backend", 941.7, "live price"), item("frontend", 941.7, "live price")],
  });
  expect(await of({ hosts: [adopted], apiKey: pulumi.secret("placeholder-key") })).toEqual({
    monthlyUsd: 730,
    items: [item("frontend", 730, "price at launch")],
  });
  const account = await testCloud();
  const files = { name: "files", region: "us-west-1" };
  const { json } = await account.api.call("POST", "/filesystems", { body: files });
  await account.control.setBytesUsed(String(json.data?.id), 100 * 2 ** 30);
  const { made } = await fleet({ settings: settings({ fileSystem: files }), hosts: [launched] }, account);
  // The state has what it held when it was created: 0.
  expect((await resolved(made.estimate)).items).toContainEqual({
    resource: "file system files",
    monthlyUsd: 20,
    basis: "100.0 GiB used",
  });
});
