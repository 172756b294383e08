import fc from "fast-check";
import { expect, test } from "vitest";
import { advance, beginning, endPass, nextWindow, type Plan, startPass } from "../../../../data/gong/plan.ts";

const day = 86_400_000;
const plan: Plan = {
  start: new Date("2026-11-01T00:00:00Z"),
  lag: 300,
  overlap: 3600,
  lookbackDays: 7,
  lookbackEvery: 86_400,
};
const now = Date.parse("2026-11-20T12:00:00Z");

/** A whole pass over calls that began at these moments; what it read, and in how many requests. */
function pass(moments: number[], from = beginning(plan), at = now, pageSize = 100) {
  let cursor = startPass(from, plan, at);
  const read: number[] = [];
  for (let requests = 1; requests < 10_000; requests += 1) {
    const window = nextWindow(cursor, plan, at);
    if (!window) return { cursor: endPass(cursor), read, requests };
    const inside = moments.filter((each) => each >= Date.parse(window.from) && each < Date.parse(window.to));
    const begin = Number(window.page ?? 0);
    const ids = inside.slice(begin, begin + pageSize).map(String);
    const next = begin + pageSize < inside.length ? String(begin + pageSize) : undefined;
    const before = cursor;
    cursor = advance(cursor, { window, ids, nameless: 0, total: inside.length, next }).cursor;
    if (cursor.span === before.span || cursor.at !== before.at || cursor.window)
      read.push(...ids.map(Number));
  }
  throw new Error("the pass does not end");
}

test("P1 a look back that is shorter than the overlap takes nothing from it", () => {
  const through = new Date(now - 7_200_000).toISOString();
  const from = { ...beginning(plan), through };
  for (const lookbackDays of [0, 0.01])
    expect(startPass(from, { ...plan, lookbackDays, lookbackEvery: 0 }, now).at).toBe(
      new Date(now - 10_800_000).toISOString(),
    );
  expect(startPass(from, plan, now).at).toBe(new Date(now - 7_200_000 - 7 * day).toISOString());
});

test("P1 every call is read in one pass, however calls lie, and the pass ends", () => {
  const moments = fc.array(fc.integer({ min: plan.start.getTime(), max: now - 301_000 }), { maxLength: 400 });
  fc.assert(
    fc.property(moments, fc.double({ min: 0, max: 0.9, noNaN: true }), (all, fraction) => {
      const { read, cursor } = pass(all, beginning(plan), now + fraction);
      expect(new Set(read)).toEqual(new Set(all));
      expect(Date.parse(cursor.through)).toBe(now - 300_000);
    }),
    { numRuns: 50 },
  );
});

test("P1 an empty year costs few requests, and a full day is cut", () => {
  const start = { ...plan, start: new Date("2016-01-01T00:00:00Z") };
  const empty = pass([], { ...beginning(start), through: start.start.toISOString() });
  expect(empty.requests).toBeLessThan(20);
  const full = Array.from({ length: 20_000 }, (_, n) => now - 2 * day + n * 4000);
  const { read, requests } = pass(full);
  expect(new Set(read).size).toBe(20_000);
  // Two hundred pages, and what it costs to find the size of a window.
  expect(requests).toBeLessThan(260);
});

test("P1 a look-back begins when it is due, and else only the overlap is read again", () => {
  const first = pass([]).cursor;
  expect(first.lookedBack).toBe(new Date(now).toISOString());
  const soon = startPass(first, plan, now + 600_000);
  expect(soon.at).toBe(new Date(Date.parse(first.through) - 3_600_000).toISOString());
  const later = startPass(first, plan, now + day);
  expect(later.at).toBe(new Date(Date.parse(first.through) - 7 * day).toISOString());
  // One that was killed goes on where it was.
  expect(startPass(later, plan, now + 2 * day)).toEqual(later);
});
