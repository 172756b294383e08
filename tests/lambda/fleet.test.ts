import { expect, test } from "vitest";
import { waitFor } from "../../components/core/wait.ts";
import type { Estimate } from "../../lambda/cost.ts";
import type { HostSummary } from "../../lambda/hostOutputs.ts";
import { testCloud } from "../cloud/support/cloud.ts";
import { brief } from "../plugins/events.ts";
import { fast, lambdaStack, speed } from "./support/stack.ts";

const backend = { name: "backend", roles: ["server", "ingress", "data"] };
const single = { ...backend, roles: [...backend.roles, "mcp"] };
const mcp = { name: "mcp", roles: ["agent", "mcp"], regions: ["us-west-3"], instanceTypes: ["gpu_1x_a100"] };

interface Change {
  lambda?: object;
  hosts?: object[];
  monthlyUsd?: number;
}
const configFor = (apiUrl: string) => (change: Change) => ({
  "sophia-infra:lambda": {
    ...fast,
    apiUrl,
    regions: ["us-west-1", "us-west-3"],
    instanceTypes: ["gpu_1x_a10", "gpu_1x_a6000"],
    fileSystem: { name: "files", region: "us-west-1", keep: false },
    ...change.lambda,
  },
  "sophia-infra:hosts": change.hosts ?? [backend, mcp],
  "sophia-infra:budget": { monthlyUsd: change.monthlyUsd ?? 3000 },
});

test("L1 L2 L4 L7 a fleet goes up, stays the same, changes only what was changed, and goes away", async () => {
  const { program, control, cloud } = await lambdaStack("fleet", {});
  const config = configFor(cloud.url);
  await control.setCapacity({ gpu_1x_a100: { "us-west-3": { slots: 1, listed: true } } });

  const preview = await program.preview({ config: config({}) });
  expect(preview.code, said(preview)).toBe(0);
  expect(said(preview)).toContain(
    "the hosts and the file system cost $2394.4 a month at most, of a budget of $3000",
  );
  expect((await control.state()).sshKeys).toEqual([]);

  const up = await program.up();
  expect(up.code, said(up)).toBe(0);
  const { summary, hosts, estimate } = (await program.outputs()) as {
    summary: HostSummary[];
    hosts: object[];
    estimate: Estimate;
  };
  expect(summary).toMatchObject([
    {
      name: "backend",
      hostname: "backend",
      instanceType: "gpu_1x_a10",
      region: "us-west-1",
      hourlyUsd: 1.29,
    },
    { name: "mcp", hostname: "mcp", instanceType: "gpu_1x_a100", region: "us-west-3", hourlyUsd: 1.99 },
  ]);
  expect(hosts).toMatchObject([
    { name: "backend", machineId: summary[0]?.id, address: summary[0]?.address, user: "ubuntu", gpus: 1 },
    { name: "mcp", machineId: summary[1]?.id, address: summary[1]?.address, roles: ["agent", "mcp"] },
  ]);
  expect(estimate).toEqual({
    monthlyUsd: 2394.4,
    items: [
      { resource: "host backend", monthlyUsd: 941.7, basis: "gpu_1x_a10, live price" },
      { resource: "host mcp", monthlyUsd: 1452.7, basis: "gpu_1x_a100, live price" },
      { resource: "file system files", monthlyUsd: 0, basis: "0.0 GiB used" },
    ],
  });
  const account = await control.state();
  const [first, second] = account.instances.toSorted((a, b) => a.region.localeCompare(b.region));
  expect(first?.mounts.map(({ name }) => name)).toEqual(["files"]);
  expect(second?.mounts).toEqual([]);
  for (const { region, rulesetIds } of account.instances) {
    const ruleset = account.rulesets.find(({ id }) => id === rulesetIds[0]);
    expect(ruleset?.region).toBe(region);
    const opened = ruleset?.rules.map(
      (rule) => `${rule.source_network} ${rule.port_range?.[0] ?? rule.protocol}`,
    );
    expect(opened?.sort()).toEqual(
      [
        ...[80, 443, "icmp"].map((port) => `0.0.0.0/0 ${port}`),
        ...[22, 6443].map((port) => `203.0.113.0/24 ${port}`),
        ...summary.flatMap(({ address }) => [`${address}/32 6443`, `${address}/32 51820`]),
      ].sort(),
    );
  }

  const again = await program.up();
  expect(brief(again.steps)).toEqual([]);
  expect(said(again)).not.toMatch(/^ *[~+-] /m);

  const labelled = { ...backend, labels: { disk: "fast" } };
  const firewall = { adminNetworks: ["198.51.100.0/24"] };
  const changed = await program.up({ config: config({ lambda: { firewall }, hosts: [labelled, mcp] }) });
  expect(brief(changed.steps).sort()).toEqual([
    "update fleet-rules-us-west-1",
    "update fleet-rules-us-west-3",
  ]);
  expect((await program.outputs()).hosts).toMatchObject([{ labels: { disk: "fast" } }, {}]);

  const down = await program.destroy();
  expect(down.code, said(down)).toBe(0);
  const { instances, sshKeys, fileSystems, rulesets } = await control.state();
  expect(instances.filter(({ status }) => status !== "terminated")).toEqual([]);
  expect({ sshKeys, fileSystems, rulesets }).toEqual({ sshKeys: [], fileSystems: [], rulesets: [] });
});

test("L4 a stack of the same name in another backend has rulesets of its own, and leaves those of the first", async () => {
  const first = await lambdaStack("fleet", {}, { name: "prod" });
  const { control } = first;
  const config = (adminNetwork: string, key: string) =>
    configFor(first.cloud.url)({
      lambda: {
        sshKey: { ...fast.sshKey, name: key },
        regions: ["us-west-1"],
        fileSystem: undefined,
        firewall: { adminNetworks: [adminNetwork] },
      },
      hosts: [single],
    });
  const up = await first.program.up({ config: config("203.0.113.0/24", "one") });
  expect(up.code, said(up)).toBe(0);
  const before = (await control.state()).rulesets;
  expect(before).toHaveLength(1);

  const second = await lambdaStack("fleet", {}, { account: first, name: "prod" });
  const beside = await second.program.up({ config: config("198.51.100.0/24", "two") });
  expect(beside.code, said(beside)).toBe(0);
  const { rulesets } = await control.state();
  expect(rulesets).toHaveLength(2);
  expect(rulesets.find(({ id }) => id === before[0]?.id)).toEqual(before[0]);

  const down = await second.program.destroy();
  expect(down.code, said(down)).toBe(0);
  expect((await control.state()).rulesets).toEqual(before);
});

test("L7 a budget that the dearest outcome exceeds, and a wrong key, fail before anything is made; the right key launches one host", async () => {
  const { program, control, cloud, key } = await lambdaStack("fleet", {});
  const config = configFor(cloud.url);
  const dear = await program.preview({ config: config({ monthlyUsd: 2000 }) });
  expect(dear.code).not.toBe(0);
  expect(said(dear)).toMatch(/would cost \$2394.40 a month, its budget is \$2000.00/);
  expect(said(dear)).toMatch(/host mcp: \$1452.70 \(gpu_1x_a100, the most expensive candidate\)/);
  const up = await program.up();
  expect(up.code).not.toBe(0);

  const refused = await program.up({ config: config({}), ...withKey("secret_wrong_4711") });
  expect(refused.code).not.toBe(0);
  expect(said(refused)).toMatch(/API key was invalid.*sophia-infra:lambdaApiKey/);
  expect(said(refused)).not.toContain("4711");
  const { instances, sshKeys, fileSystems, rulesets } = await control.state();
  expect([instances, sshKeys, fileSystems, rulesets]).toEqual([[], [], [], []]);

  const accepted = await program.up({ config: config({ hosts: [single] }), ...withKey(key) });
  expect(accepted.code, said(accepted)).toBe(0);
  expect((await control.state()).instances).toHaveLength(1);
});

test("L7 a preview works offline, and says that prices are unknown; an update is refused until Lambda answers, then launches one host", async () => {
  const { program, control, cloud, driver, key } = await lambdaStack("fleet", {});
  const config = configFor(cloud.url);
  const broken = { kind: "reply", status: 502, text: "<html>bad gateway" } as const;
  await control.addFault({ operation: "listInstanceTypes", next: 1000, effect: broken });
  const up = await program.up({ config: config({}) });
  expect(up.code).not.toBe(0);
  expect(said(up)).toMatch(/budget of \$3000 a month cannot be checked, so no host is launched: .*\(502\)/);
  const { instances, sshKeys, fileSystems, rulesets } = await control.state();
  expect([instances, sshKeys, fileSystems, rulesets]).toEqual([[], [], [], []]);

  await cloud.close();
  const unreachable = await program.preview({ config: config({}) });
  expect(unreachable.code, said(unreachable)).toBe(0);
  expect(said(unreachable)).toMatch(
    /budget of \$3000 a month was not checked, prices are unknown: .*cannot reach/,
  );

  const offline = await program.up();
  expect(offline.code).not.toBe(0);
  expect(said(offline)).toMatch(/so no host is launched: prices are unknown: .*cannot reach http/);
  expect(said(offline)).toContain("lambda.apiUrl");

  const placeholder = await program.preview(withKey("placeholder-lambda-api-key"));
  expect(placeholder.code, said(placeholder)).toBe(0);
  expect(said(placeholder)).toContain("the Lambda API key is a placeholder");
  expect(brief(placeholder.steps)).toEqual(
    expect.arrayContaining(["create fleet-backend", "create fleet-mcp", "create fleet-rules-us-west-1"]),
  );

  const port = Number(new URL(cloud.url).port);
  // Somebody's connection may have got the port meanwhile, and gives it back.
  const opened = await waitFor({ what: `port ${port}`, deadline: 60, interval: 0.5 }, () =>
    testCloud({ driver, port, speed }),
  );
  const online = await program.up({ config: config({ hosts: [single] }), ...withKey(key) });
  expect(online.code, said(online)).toBe(0);
  expect((await opened.control.state()).instances).toHaveLength(1);
  expect(driver.created).toHaveLength(1);
});

/** All that the CLI said. */
const said = (result: { stdout: string; stderr: string }): string => result.stdout + result.stderr;

const withKey = (lambdaApiKey: string) => ({ secrets: { "sophia-infra:lambdaApiKey": lambdaApiKey } });
