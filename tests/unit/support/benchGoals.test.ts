import { expect, test } from "vitest";
import { goalsOf } from "../../bench/mcp/goals.ts";

const fast = { perSecond: 1200, p50: 20, p95: 60 };
/** Rounds of every path, all well but what is given. */
const samples = (more: Record<string, { perSecond: number; p50: number; p95: number }[]> = {}) =>
  new Map(
    Object.entries({
      "own server, directly": [fast, fast, fast],
      "own server, `/mcp/<server>`": [fast, fast, fast],
      "bridged server, directly": [fast, fast, fast],
      "bridged server, `/mcp/<server>`": [fast, fast, fast],
      "own server, `/mcp`": [fast, fast, fast],
      ...more,
    }),
  );

test("M3 the benchmark names each goal that was missed, and none that was met", () => {
  expect(goalsOf(samples()).missed).toEqual([]);
  // What is called directly has no goals.
  expect(goalsOf(samples({ "own server, directly": [{ ...fast, perSecond: 900 }] })).missed).toEqual([]);
  expect(goalsOf(samples({ "own server, `/mcp`": [{ perSecond: 980, p50: 20, p95: 264 }] })).missed).toEqual([
    "own server, `/mcp`: 980 of 1000 calls/s",
    "own server, `/mcp`: p95 264 ms, not below 200",
  ]);
});

test("M3 it compares a route with a direct call by the rounds and by the medians, and a miss of one is a miss", () => {
  const took = (...times: number[]) => times.map((p50) => ({ ...fast, p50 }));
  const { lines, missed } = goalsOf(
    samples({
      "own server, directly": took(10, 20, 30),
      "own server, `/mcp/<server>`": took(12.5, 28, 37.5),
    }),
  );
  expect(lines[0]).toContain("p50 × 1.25 (median of the rounds) and 1.40 (of the medians)");
  expect(missed).toEqual([
    "own server, `/mcp/<server>` beside directly: p50 × 1.40 by the medians, more than 1.3",
  ]);
});

test("M3 a path without samples is a miss", () => {
  const nothing = { perSecond: Number.NaN, p50: Number.NaN, p95: Number.NaN };
  expect(goalsOf(samples({ "bridged server, `/mcp/<server>`": [nothing] })).missed).toHaveLength(4);
});
