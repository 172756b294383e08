import { expect, test } from "vitest";
import { streams } from "../../../../data/estuary/spec/streams.ts";
import {
  type Facts,
  type Look,
  lagOf,
  statusOf,
  wholeResults,
} from "../../../../data/quality/checks/judge.ts";
import { conditionOf } from "../../../../data/quality/checks/sql.ts";
import { checkName, streamChecks } from "../../../../data/quality/checks/streams.ts";
import { volumeOf } from "../../../../data/quality/checks/volume.ts";
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

test("P5 HubSpot that brings nothing, not even the daily refresh, is silent after 26 hours; Slack may rest for a weekend", () => {
  const silent = (stream: string, hours: number) => {
    const silentAfterHours = streamChecks.find((one) => one.stream === stream)?.silentAfterHours;
    const quiet = facts({ now: hours * 3600, staging: { rows: 1, newest: 0 } });
    const found = wholeResults(stream, quiet, { ...limits, silentAfterHours });
    return found.some(({ check, passed }) => check === "silence" && !passed);
  };
  for (const stream of ["hubspot_contacts", "hubspot_deals"])
    expect(
      [25, 27].map((hours) => silent(stream, hours)),
      stream,
    ).toEqual([false, true]);
  expect([27, 71, 73].map((hours) => silent("slack_messages", hours))).toEqual([false, false, true]);
});

const seen = (more: Partial<Look> = {}): Look => ({
  at: 10_000,
  rows: 100,
  window: { min: 100, max: 100, whole: true },
  ...more,
});

test("lag is that of the extractor or of rows under way, never that of rows that nobody changed", () => {
  expect(lagOf(facts())).toBe(0);
  expect(lagOf(facts({ look: seen() }))).toBe(0);
  expect(lagOf(facts({ extractor: { through: 9900, since: 0 } }))).toBe(100);
  const both = facts({ extractor: { through: 9900, since: 0 }, look: seen({ pendingSince: 9000 }) });
  expect(lagOf(both)).toBe(1000);
  expect(of("freshness", both)).toMatchObject({ passed: false, observed: 1000 });
});

test("a look into the warehouse is judged as of its own moment, however long ago it was", () => {
  const later = facts({ now: 11_000, staging: { rows: 130 }, look: seen({ pendingSince: 9800 }) });
  expect(lagOf(later)).toBe(200);
  const warehouse = { rows: 100, keys: 100 };
  expect(of("counts", { ...later, look: seen({ warehouse }) })).toMatchObject({ passed: true, observed: 0 });
});

test("P5 an extractor that gets nowhere is late, however well its runs end", () => {
  const waiting = { last: "degraded", message: "Gong asked all clients to wait", through: 9000, since: 0 };
  const results = wholeResults("s", facts({ extractor: waiting }), limits);
  expect(results).toContainEqual(expect.objectContaining({ check: "freshness", passed: false }));
  expect(statusOf(results, facts({ extractor: waiting }))).toMatchObject({
    state: "degraded",
    lag: 1000,
    message: "freshness: the stream is late; its last run: Gong asked all clients to wait",
  });
});

test("P5 an extractor that never ran has failed as soon as the stream may not be later", () => {
  const status = (since: number, more: object = {}) => {
    const given = facts({ extractor: { since, ...more } });
    return statusOf(wholeResults("s", given, limits), given);
  };
  expect(status(9500)).toMatchObject({ state: "ok", lag: 500 });
  expect(status(9000)).toEqual({
    state: "failed",
    quality: undefined,
    lag: 1000,
    message: "nothing was ever read: no run of its extractor has completed",
  });
  expect(status(9000, { last: "degraded", message: "did not serve" }).message).toBe(
    "nothing was ever read: did not serve",
  );
});

test("a warehouse that follows is no difference, one that stays behind is", () => {
  const warehouse = { rows: 90, keys: 90 };
  const given = (window: Look["window"]) => facts({ look: seen({ warehouse, window }) });
  expect(of("counts", given({ min: 80, max: 100, whole: true }))).toMatchObject({ passed: true, score: 100 });
  expect(of("counts", given({ min: 100, max: 100, whole: false }))).toMatchObject({ passed: true });
  expect(of("counts", given({ min: 100, max: 100, whole: true }))).toMatchObject({
    passed: false,
    score: 90,
    observed: 10,
  });
  const more = facts({ look: seen({ warehouse: { rows: 101, keys: 101 } }) });
  expect(of("counts", more)).toMatchObject({ passed: false });
});

test("a row that is twice in the warehouse is never within the threshold", () => {
  const given = facts({ look: seen({ warehouse: { rows: 100_000, keys: 99_999 } }) });
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
  expect(statusOf([], facts({ extractor: { last: "failed", message: "401", since: 0 } }))).toMatchObject({
    state: "failed",
    message: "401",
  });
  expect(statusOf([], facts({ warehouseFault: "down" })).state).toBe("degraded");
  const low = { stream: "s", check: "completeness:email", score: 94.9, threshold: 95, passed: false };
  expect(statusOf([low], facts())).toMatchObject({
    state: "degraded",
    quality: 94.9,
    message: "completeness:email: 94.9 %",
  });
  expect(statusOf([{ ...low, score: 96, passed: true }], facts())).toMatchObject({
    state: "ok",
    quality: 96,
  });
});

test("P3 a stream without rows, or with less than half of a day ago, is not well", () => {
  const of = (rows: number, most?: number, mayBeEmpty?: true) => {
    const { passed, score, message } = volumeOf(
      { stream: "s", ...(mayBeEmpty && { mayBeEmpty }) },
      rows,
      most,
    );
    return [passed, score, message];
  };
  const well = [true, 100, undefined];
  expect(of(0)).toEqual([false, 0, "no rows"]);
  expect(of(0, 0, true)).toEqual(well);
  expect(of(0, 40, true)).toEqual([false, 0, "rows fell from 40 to 0 within a day"]);
  expect(of(19, 40)).toEqual([false, 47.5, "rows fell from 40 to 19 within a day"]);
  expect(of(20, 40)).toEqual(well);
  expect(of(1, 9)).toEqual(well);
  expect(of(90, 40)).toEqual(well);
});

test("a check's texts cannot leave their place in the SQL", () => {
  const sql = conditionOf({ kind: "validity", column: `a"b`, matches: "x' OR true --" }, new Map());
  expect(sql).toBe(`((t."a""b" IS NULL OR t."a""b"::text = '') OR t."a""b"::text ~* 'x'' OR true --')`);
});
