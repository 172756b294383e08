import { expect, test } from "vitest";
import { pipelineSettings } from "../../../../components/settings/sections/pipeline.ts";
import { nextReading, readRepeatedly } from "../../../../data/gong/readings.ts";
import type { Clock } from "../../../../data/gong/source/clock.ts";
import { snowflakeSection } from "../../../support/pipeline/settings.ts";

const readings = { interval: 20, until: 60 };

test("P4 a run reads at its interval, and leaves what is due after it to the next run", () => {
  expect([0, 3, 19.9, 20, 39.9].map((passed) => nextReading(passed, readings))).toEqual([20, 20, 20, 40, 40]);
  // The next run begins at 60.
  expect([40, 55, 60, 3600].map((passed) => nextReading(passed, readings))).toEqual(Array(4).fill(undefined));
  expect(nextReading(0, { interval: 0, until: 0 })).toBeUndefined();
  expect(nextReading(0, { interval: 60, until: 60 })).toBeUndefined();
});

/** A clock that only sleeping and reading move. @returns when each reading began, in seconds */
async function timesOf(took: readonly number[], { stopIn = Number.POSITIVE_INFINITY } = {}) {
  let now = 1_000_000;
  const stopping = new AbortController();
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      if (now + ms >= 1_000_000 + stopIn * 1000) stopping.abort(new Error("stopped"));
      stopping.signal.throwIfAborted();
      now += ms;
    },
  };
  const times: number[] = [];
  const read = async () => {
    times.push((now - 1_000_000) / 1000);
    const lasted = took[times.length - 1];
    if (lasted === undefined) throw new Error("no further reading was expected");
    now += lasted * 1000;
  };
  await readRepeatedly(read, { readings, clock, signal: stopping.signal });
  return times;
}

test("P4 a reading that takes longer leaves one out instead of being followed at once", async () => {
  expect(await timesOf([2, 2, 2])).toEqual([0, 20, 40]);
  expect(await timesOf([25, 2])).toEqual([0, 40]);
  // A first load of hours is one reading.
  expect(await timesOf([7200])).toEqual([0]);
});

test("P5 a run that is asked to end between two readings ends well; one whose reading fails fails", async () => {
  expect(await timesOf([2, 2], { stopIn: 30 })).toEqual([0, 20]);
  await expect(timesOf([2])).rejects.toThrow("no further reading");
});

test("P4 an interval needs a schedule by minutes, and is shorter than the time between two runs", () => {
  const parse = (schedule: string, readInterval: number) =>
    pipelineSettings.safeParse({ gong: { schedule, readInterval }, snowflake: snowflakeSection }).error
      ?.issues;
  expect(parse("* * * * *", 59)).toBeUndefined();
  expect(parse("*/2 * * * *", 60)).toBeUndefined();
  expect(parse("* * * * *", 60)).toMatchObject([
    { path: ["gong", "readInterval"], message: expect.stringMatching(/^60 is no less than the 60 seconds/) },
  ]);
  expect(parse("0 3 * * *", 60)).toMatchObject([
    { path: ["gong", "readInterval"], message: expect.stringMatching(/^needs a schedule by minutes/) },
  ]);
});
