import { expect, test } from "vitest";
import { costOf } from "../../../../delivery/comment/cost.ts";
import type { Outcome } from "../../../../delivery/comment/steps.ts";
import { instanceType } from "../../../../delivery/resources.ts";

const prices = { hourlyUsd: new Map([["gpu_1x_a10", 1]]), source: "list" };
const none = { inputs: {}, outputs: {} };
const launching = { inputs: { instanceTypes: ["gpu_1x_a10"] }, outputs: {} };
const running = { inputs: {}, outputs: { hourlyUsd: 2, instanceType: "gpu_1x_h100", adopted: true } };

function costOfHost(kind: Outcome["kind"], states: Partial<Pick<Outcome, "old" | "new">>) {
  const host: Outcome = {
    urn: `urn:pulumi:dev::sophia-infra::${instanceType}::fleet-a`,
    name: "fleet-a",
    type: instanceType,
    kind,
    paths: [],
    keys: [],
    old: none,
    new: none,
    real: true,
    retained: false,
    ...states,
  };
  return costOf([host], {}, prices);
}

test("L7 an adopted host that leaves keeps running, and goes on costing", () => {
  const cost = costOfHost("delete", { old: running });
  expect(cost).toMatchObject({ before: 1460, after: 1460 });
  expect(cost.items).toMatchObject([{ before: 1460, after: 1460, basis: expect.stringContaining("billed") }]);
});

test("L7 a host that is launched in place of an adopted one costs in addition to it", () => {
  const cost = costOfHost("replace", { old: running, new: launching });
  expect(cost).toMatchObject({ before: 1460, after: 2190 });
  expect(cost.items.map(({ before, after }) => [before, after])).toEqual([
    [1460, 1460],
    [0, 730],
  ]);
});

test("L7 a launched host that leaves costs nothing more", () => {
  const launched = { ...running, outputs: { ...running.outputs, adopted: false } };
  expect(costOfHost("delete", { old: launched })).toMatchObject({ before: 1460, after: 0 });
  expect(costOfHost("replace", { old: launched, new: launching })).toMatchObject({
    before: 1460,
    after: 730,
  });
});

test("L7 what a host will cost that is adopted, or whose type has no price, is not known", () => {
  const adopted = costOfHost("create", { new: { inputs: { adopt: { name: "a" } }, outputs: {} } });
  expect(adopted).toMatchObject({ before: 0, after: null });
  expect(adopted.items[0]?.basis).toBe("adopted: runs already, at a price that the preview does not know");
  const unknown = costOfHost("create", { new: { inputs: { instanceTypes: ["gpu_9x_z"] }, outputs: {} } });
  expect(unknown).toMatchObject({ before: 0, after: null });
});
