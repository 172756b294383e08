import { expect, test } from "vitest";
import { isDue, looked, paceOf, runOnLoads } from "../../../../data/quality/schedule/pace.ts";

const pace = paceOf(60);

/** Runs until `end`, on a clock of the test's: when checks ran, where the text that loads change is as given. */
async function runsUntil(
  end: number,
  written: (now: number) => string | undefined,
  run: { takes?: number; completes?: (now: number) => boolean } = {},
): Promise<number[]> {
  const stop = new AbortController();
  const clock = { now: 0 };
  const runs: number[] = [];
  await runOnLoads({
    pace,
    signal: stop.signal,
    now: () => clock.now,
    async run() {
      runs.push(clock.now);
      const complete = run.completes?.(clock.now) ?? true;
      clock.now += run.takes ?? 0;
      return complete;
    },
    look: async () => written(clock.now),
    async wait(seconds) {
      clock.now += seconds;
      if (clock.now >= end) stop.abort();
    },
  });
  return runs;
}

test("P3 checks look for loads often, and leave a sixth of the interval between two runs", () => {
  expect(paceOf(60)).toEqual({ interval: 60, look: 2, spacing: 10 });
  expect(paceOf(10).look).toBe(1);
});

test("P3 where nothing is loaded checks run on the interval alone", async () => {
  expect(await runsUntil(200, () => "same")).toEqual([0, 60, 120, 180]);
});

test("P3 a load is judged once, as soon as it has paused", async () => {
  expect(await runsUntil(200, (now) => (now < 21 ? "before" : "after"))).toEqual([0, 24, 84, 144]);
});

test("P3 a load just after a run waits until the least time between two runs is over", async () => {
  expect(await runsUntil(60, (now) => (now < 1 ? "before" : "after"))).toEqual([0, 10]);
});

test("P3 a load without end is judged at times, and large tables leave half of the time free", async () => {
  expect(await runsUntil(60, String)).toEqual([0, 12, 24, 36, 48]);
  expect(await runsUntil(200, String, { takes: 30 })).toEqual([0, 60, 120, 180]);
});

test("a run that failed is tried again at the interval, whatever is loaded, and judged nothing", async () => {
  const completes = (now: number) => now !== 24;
  const runs = await runsUntil(160, (now) => (now < 21 ? "before" : "after"), { completes });
  expect(runs).toEqual([0, 24, 84, 144]);
});

test("what cannot be seen causes no run, and is judged once it is seen", async () => {
  const lost = (now: number) => (now > 10 && now < 40 ? undefined : now < 20 ? "before" : "after");
  expect(await runsUntil(60, lost)).toEqual([0, 42]);
  const unknown = looked({ judged: "a", seen: "b", since: 5, paused: true }, undefined, 50);
  expect(isDue(pace, { ended: 0, took: 0 }, unknown, 50)).toBe(false);
  expect(isDue(pace, { ended: 0, took: 0 }, unknown, 60)).toBe(true);
});
