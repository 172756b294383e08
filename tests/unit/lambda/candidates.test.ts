import fc from "fast-check";
import { expect, test } from "vitest";
import { candidates } from "../../../lambda/reconcile/instance/candidates.ts";
import { catalogueOf } from "./support/catalogue.ts";

const types = ["gpu_1x_a10", "gpu_1x_a6000", "gpu_1x_a100", "gpu_8x_a100"];
const regions = ["us-west-1", "us-west-3", "us-south-1"];

const preference = fc.record({
  instanceTypes: fc.uniqueArray(fc.constantFrom(...types), { minLength: 1 }),
  regions: fc.uniqueArray(fc.constantFrom(...regions), { minLength: 1 }),
});
const catalogue = fc
  .dictionary(fc.constantFrom(...types), fc.uniqueArray(fc.constantFrom(...regions)))
  .map((listed) => catalogueOf(listed));
const place = fc.record({ instanceType: fc.constantFrom(...types), region: fc.constantFrom(...regions) });

test("L1 every known type is tried in every region, exactly once", () => {
  fc.assert(
    fc.property(preference, catalogue, fc.array(place), (wanted, known, broken) => {
      const tried = candidates(wanted, known, broken).map(
        ({ instanceType, region }) => `${instanceType} ${region}`,
      );
      const all = wanted.instanceTypes
        .filter((type) => type in known)
        .flatMap((type) => wanted.regions.map((region) => `${type} ${region}`));
      expect(tried.toSorted()).toEqual(all.toSorted());
    }),
  );
});

test("L1 listed capacity goes before unlisted, both before broken places; within each, preference decides", () => {
  fc.assert(
    fc.property(preference, catalogue, fc.array(place), (wanted, known, broken) => {
      const rank = (one: { instanceType: string; region: string }) => {
        const isBroken = broken.some((b) => b.instanceType === one.instanceType && b.region === one.region);
        const listed = known[one.instanceType]?.regions_with_capacity_available.some(
          ({ name }) => name === one.region,
        );
        const order =
          wanted.instanceTypes.indexOf(one.instanceType) * 10 + wanted.regions.indexOf(one.region);
        return (isBroken ? 2000 : listed ? 0 : 1000) + order;
      };
      const ranks = candidates(wanted, known, broken).map(rank);
      expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    }),
  );
});

test("names that are properties of every object are no instance types", () => {
  expect(candidates({ instanceTypes: ["constructor"], regions }, {})).toEqual([]);
});
