import { expect, test } from "vitest";
import { streams } from "../../../../data/estuary/spec/streams.ts";
import { type Facts, lagOf, statusOf, wholeResults } from "../../../../data/quality/checks/judge.ts";
import { conditionOf } from "../../../../data/quality/checks/sql.ts";
import { checkName, streamChecks } from "../../../../data/quality/checks/streams.ts";
import { Window } from "../../../../data/quality/checks/window.ts";

const limits = { threshold: 95, maxLag: 900 };
const facts = (more: Partial<Facts> = {}): Facts => ({
  now: 10_000,
  staging: { rows: 100, newest: 9000 },
  ...more,
});
const of = (check: string, given: Facts) =>
  wholeResults("s", given, limits).find((result) => result.check === check);

test("P3 every stream that flows is checked, by its own key, each check once", () => {
  expect(streamChecks.map(({ stream, source, key }) => ({ stream, source, key: [...key] }))).toEqual(
    Object.entries(streams).map(([stream, { source, key }]) => ({ stream, source, key: Object.keys(key) })),
  );
  for (const { checks } of streamChecks) expect(new Set(checks.map(checkName)).size).toBe(checks.length);
});

test("lag is that of a run or of rows under way, never that of rows that nobody changed", () => {
  expect(lagOf(facts())).toBe(0);
  expect(lagOf(facts({ runs: { lastSuccess: 9900 } }))).toBe(100);
  expect(lagOf(facts({ runs: { lastSuccess: 9900 }, pendingSince: 9000 }))).toBe(1000);
  expect(of("freshness", facts({ pendingSince: 9000 }))).toMatchObject({ passed: false, observed: 1000 });
});

test("a warehouse that follows is no difference, one that stays behind is", () => {
  const warehouse = { rows: 90, keys: 90 };
  const given = (window: Facts["window"]) => facts({ warehouse, window });
  expect(of("counts", given({ min: 80, max: 100, whole: true }))).toMatchObject({ passed: true, score: 100 });
  expect(of("counts", given({ min: 100, max: 100, whole: false }))).toMatchObject({ passed: true });
  expect(of("counts", given({ min: 100, max: 100, whole: true }))).toMatchObject({
    passed: false,
    score: 90,
    observed: 10,
  });
  const more = facts({ warehouse: { rows: 101, keys: 101 }, window: { min: 100, max: 100, whole: true } });
  expect(of("counts", more)).toMatchObject({ passed: false });
});

test("a row that is twice in the warehouse is never within the threshold", () => {
  const given = facts({ warehouse: { rows: 100_000, keys: 99_999 } });
  expect(of("uniqueness", given)).toMatchObject({ passed: false, observed: 1 });
});

test("the window forgets what is older than it, and keeps what held when it began", () => {
  const window = new Window(100, 0);
  window.add(0, 1);
  window.add(50, 2);
  expect(window.range(50)).toEqual({ min: 1, max: 2, whole: false });
  window.add(140, 3);
  expect(window.range(140)).toEqual({ min: 1, max: 3, whole: true });
  window.add(160, 3);
  expect(window.range(160).min).toBe(2);
});

test("states: unknown, failed, degraded, ok", () => {
  expect(statusOf([], facts({ staging: undefined })).state).toBe("unknown");
  expect(statusOf([], facts({ runs: { last: "failed", message: "401" } }))).toMatchObject({
    state: "failed",
    message: "401",
  });
  expect(statusOf([], facts({ warehouseFault: "down" })).state).toBe("degraded");
  const low = { stream: "s", check: "completeness:email", score: 94.9, threshold: 95, passed: false };
  expect(statusOf([low], facts())).toMatchObject({
    state: "degraded",
    quality: 94.9,
    message: "completeness:email 94.9 %",
  });
  expect(statusOf([{ ...low, score: 96, passed: true }], facts())).toMatchObject({
    state: "ok",
    quality: 96,
  });
});

test("a check's texts cannot leave their place in the SQL", () => {
  const sql = conditionOf({ kind: "validity", column: `a"b`, matches: "x' OR true --" }, new Map());
  expect(sql).toBe(`((t."a""b" IS NULL OR t."a""b"::text = '') OR t."a""b"::text ~* 'x'' OR true --')`);
});
