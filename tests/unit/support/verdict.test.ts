import { expect, test } from "vitest";
import { tooSlow, twice } from "../../bench/pipeline/verdict.ts";

test("P4 a leg below five times a day's volume an hour is named; one of a few rows is not judged", () => {
  const leg = (name: string, rows: number, seconds: number) => ({ name, rows, seconds });
  expect(tooSlow([leg("fast", 13_900, 10), leg("slow", 13_800, 10), leg("short", 100, 10)])).toEqual([
    "slow: 1380 rows/s, and 1389 are wanted",
  ]);
});

test("P1 a stream with a key that is there twice is named", async () => {
  const asked: string[] = [];
  const found = await twice(async (sql) => {
    asked.push(sql);
    return [{ N: sql.includes("slack_messages") ? "2" : "0" }];
  });
  expect(found).toEqual(["slack_messages: 2 keys are there more than once"]);
  expect(asked).toHaveLength(7);
  expect(asked.join()).toContain('GROUP BY "CHANNEL_ID", "TS" HAVING');
});
