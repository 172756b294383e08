import { expect, test } from "vitest";
import type { TestCloud } from "../cloud/support/cloud.ts";
import { account } from "./support/account.ts";
import { Engine } from "./support/engine.ts";

const places = { instanceTypes: ["gpu_1x_a10", "gpu_1x_a6000"], regions: ["us-west-1", "us-west-3"] };

const launches = async (cloud: TestCloud) =>
  (await cloud.control.journal()).flatMap((entry) => {
    if (entry.kind !== "request" || entry.operation !== "launchInstance") return [];
    const body = entry.body as { instance_type_name: string; region_name: string };
    return [`${body.instance_type_name} ${body.region_name}`];
  });

test("L1 capacity that is listed but refused: the next place is tried, unlisted ones last", async () => {
  const { cloud, launched } = await account();
  await cloud.control.clearJournal();
  await cloud.control.setCapacity({
    gpu_1x_a10: { "us-west-1": { slots: 0, listed: true }, "us-west-3": { slots: 0, listed: false } },
    gpu_1x_a6000: { "us-west-1": { slots: 0, listed: false }, "us-west-3": { slots: 5, listed: false } },
  });
  const engine = new Engine(cloud);
  const { outcome, lines } = await engine.run("up", { inputs: places });
  expect(outcome).toBe("done");
  expect(await launches(cloud)).toEqual([
    "gpu_1x_a10 us-west-1",
    "gpu_1x_a10 us-west-3",
    "gpu_1x_a6000 us-west-1",
    "gpu_1x_a6000 us-west-3",
  ]);
  expect(engine.row?.outs).toMatchObject({
    instanceType: "gpu_1x_a6000",
    region: "us-west-3",
    hourlyUsd: 1.09,
  });
  expect(lines.join("\n")).toContain("gpu_1x_a10 in us-west-1 refused");
  expect(await launched()).toBe(1);
});

test("L1 no capacity anywhere: one error that names every place and what to do", async () => {
  const { cloud, launched } = await account();
  const nowhere = { "us-west-1": { slots: 0 }, "us-west-3": { slots: 0 } };
  await cloud.control.setCapacity({ gpu_1x_a10: nowhere, gpu_1x_a6000: nowhere });
  const { outcome } = await new Engine(cloud).run("up", { inputs: places });
  expect(String(outcome)).toMatch(/host host: Lambda refused every type and region/);
  expect(String(outcome)).toMatch(/gpu_1x_a10 in us-west-1.*gpu_1x_a6000 in us-west-3.*Add instance types/);
  expect(await launched()).toBe(0);
});

test("L1 quota used up at one place is no reason not to try the next", async () => {
  const { cloud } = await account();
  await cloud.control.addFault({
    operation: "launchInstance",
    effect: { kind: "reply", status: 400, code: "global/quota-exceeded", message: "Quota exceeded." },
  });
  const engine = new Engine(cloud);
  expect((await engine.run("up", { inputs: places })).outcome).toBe("done");
});

test("L1 types that Lambda does not know are named with those it has", async () => {
  const { cloud } = await account();
  const { outcome } = await new Engine(cloud).run("up", { inputs: { instanceTypes: ["gpu_1x_abacus"] } });
  expect(String(outcome)).toMatch(/knows none of the instance types gpu_1x_abacus; it has .*gpu_1x_a10/);
});

test("L1 after a broken machine another place is preferred", async () => {
  const { cloud } = await account();
  await cloud.control.clearJournal();
  await cloud.control.plan({ outcome: "unhealthy" });
  const open = { "us-west-1": { listed: true }, "us-west-3": { listed: true } };
  await cloud.control.setCapacity({ gpu_1x_a10: open });
  const inputs = { regions: ["us-west-1", "us-west-3"] };
  expect((await new Engine(cloud).run("up", { inputs })).outcome).toBe("done");
  expect(await launches(cloud)).toEqual(["gpu_1x_a10 us-west-1", "gpu_1x_a10 us-west-3"]);
});
