import { expect, test } from "vitest";
import { takeNext } from "../../support/run/lanes.ts";

test("a lane runs its own parts in order, and then takes the last ones of the lane that has most left", () => {
  const lanes = [["a1", "a2"], ["b1", "b2", "b3", "b4"], ["c1"]];
  const next = (lane: number) => takeNext(lanes, lane);
  expect([next(1), next(0), next(0)]).toEqual(["b1", "a1", "a2"]);
  expect([next(0), next(0), next(1), next(0), next(1)]).toEqual(["b4", "b3", "b2", "c1", undefined]);
});
