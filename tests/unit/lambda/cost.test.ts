import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { fleetSettings, lambdaSettings } from "../../../components/settings/sections/lambda.ts";
import { approve } from "../../../lambda/budget.ts";
import { checkBudget, estimate } from "../../../lambda/cost.ts";
import { instanceTypes } from "../../../lambda/listPrices.ts";
import { repository } from "../../../tools/repository.ts";
import { catalogueOf } from "./support/catalogue.ts";

const prices = { ...catalogueOf({ gpu_1x_a10: [] }, 129), ...catalogueOf({ gpu_1x_a100: [] }, 199) };

test("L7 live prices by resource, and their sum", () => {
  const result = estimate(
    {
      hosts: [{ name: "backend", instanceType: "gpu_1x_a10", hourlyUsd: 0.75 }],
      fileSystem: { name: "files", bytesUsed: 100 * 2 ** 30 },
    },
    prices,
  );
  expect(result).toEqual({
    monthlyUsd: 961.7,
    items: [
      { resource: "host backend", monthlyUsd: 941.7, basis: "gpu_1x_a10, live price" },
      { resource: "file system files", monthlyUsd: 20, basis: "100.0 GiB used" },
    ],
  });
});

test("L7 a host that is not launched yet counts with the dearest it may become", () => {
  const hosts = [{ name: "mcp", candidates: ["gpu_1x_a10", "gpu_1x_a100", "gpu_unknown"] }];
  expect(estimate({ hosts }, prices).items[0]).toMatchObject({ monthlyUsd: 1452.7 });
});

test("L7 without live prices the price at launch counts; without either the sum is unknown, not zero", () => {
  const known = { name: "a", instanceType: "gpu_1x_a10", hourlyUsd: 0.75 };
  expect(estimate({ hosts: [known] }, undefined)).toMatchObject({ monthlyUsd: 547.5 });
  const hosts = [known, { name: "b", candidates: ["gpu_1x_a10"] }, { name: "c", instanceType: "gpu_9x_new" }];
  const result = estimate({ hosts }, undefined);
  expect(result.monthlyUsd).toBeNull();
  expect(result.items.map(({ monthlyUsd }) => monthlyUsd)).toEqual([547.5, null, null]);
});

test("L7 the budget is an upper bound for what is known, to the cent", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 5000 }), { maxLength: 6 }),
      fc.nat(20_000),
      (cents, budget) => {
        const hosts = cents.map((price, index) => ({
          name: `h${index}`,
          instanceType: "t",
          hourlyUsd: price / 100,
        }));
        const result = estimate({ hosts: [...hosts, { name: "unpriced" }] }, undefined);
        const sum = cents.reduce((total, price) => total + price * 7.3, 0);
        const check = () => checkBudget(result, budget);
        if (Math.abs(sum - budget) < 0.01) return;
        if (sum > budget) expect(check).toThrow(/would cost/);
        else expect(check).not.toThrow();
      },
    ),
  );
});

test.each(["local", "dev", "prod"])(
  "L7 the budget of the stack file of %s allows its own launch",
  (stack) => {
    const { config } = parse(readFileSync(join(repository, `Pulumi.${stack}.yaml`), "utf8"));
    const list = instanceTypes.map(({ name, centsPerHour }) => catalogueOf({ [name]: [] }, centsPerHour));
    const args = {
      settings: lambdaSettings.parse(config["sophia-infra:lambda"]),
      hosts: fleetSettings.parse(config["sophia-infra:hosts"]),
      budget: config["sophia-infra:budget"],
    };
    expect(approve(args, { catalogue: Object.assign({}, ...list) })).toBe(true);
  },
);
