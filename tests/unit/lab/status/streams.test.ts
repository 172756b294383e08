import { expect, test } from "vitest";
import { streamsIn } from "../../../../lab/status/streams.ts";

const row = (changes: object) => ({
  name: "slack_messages",
  source: "slack",
  state: "ok",
  rows: 3000,
  warehouse_rows: 2999,
  lag_seconds: 1.26,
  quality: 99.96,
  message: null,
  updated_at: "2026-11-21T06:00:00+00:00",
  ...changes,
});

test("P1 a stream shows its rows, here and in the warehouse, its lag and its quality", () => {
  expect(streamsIn(JSON.stringify([row({})]), ["slack_messages"])).toEqual([
    { name: "slack_messages", ok: true, rows: 3000, warehouseRows: 2999, lagSeconds: 1.3, quality: 100 },
  ]);
});

test.each([
  [{ rows: 0 }, "no rows arrived yet"],
  [{ rows: null, lag_seconds: null, quality: null }, "no rows arrived yet"],
  [{ state: "degraded", message: "completeness 80" }, "degraded: completeness 80"],
  [{ state: "failed" }, "failed"],
])("P5 what is not well is said: %j", (changes, problem) => {
  expect(streamsIn(JSON.stringify([row(changes)]), [])).toMatchObject([{ ok: false, problem }]);
});

test("P5 a stream that nobody checked is missed", () => {
  expect(streamsIn("[]", ["gong_calls"])).toMatchObject([
    { name: "gong_calls", ok: false, problem: "was not checked yet" },
  ]);
});
