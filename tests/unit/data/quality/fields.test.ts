import { expect, test } from "vitest";
import {
  type Came,
  compare,
  compareColumns,
  type Fields,
  type Forms,
} from "../../../../data/quality/fields/judge.ts";

/** One look after another. @returns what each reported */
function looks(...all: { records: number; came: Record<string, Came> }[]) {
  let before: Fields | undefined;
  return all.map((look) => {
    const { fields, ...changes } = compare(before, look);
    before = fields;
    return Object.entries(changes).flatMap(([kind, names]) => names.map((name) => `${kind} ${name}`));
  });
}
const texts = (records: number, forms: Forms = { text: records }): Came => ({ records, forms });

test("P3 the first look reports nothing, a field that comes later is new, and that once", () => {
  const first = { a: texts(5) };
  expect(looks({ records: 5, came: first }, { records: 5, came: { ...first, b: texts(1) } })).toEqual([
    [],
    ["added b"],
  ]);
  const third = { records: 1, came: { b: texts(1) } };
  expect(looks({ records: 5, came: first }, third, third)[2]).toEqual([]);
});

test("P3 a field is gone when it would have come twenty times by its share, however few records a look has", () => {
  const always = { records: 100, came: { a: texts(100) } };
  const one = { records: 1, came: {} };
  const told = looks(always, ...Array.from({ length: 25 }, () => one));
  expect(told.findIndex((changes) => changes.length > 0)).toBe(20);
  expect(told.flat()).toEqual(["gone a"]);

  // Every fourth record had it: eighty without it.
  const often = { records: 100, came: { a: texts(25) } };
  expect(looks(often, { records: 79, came: {} }).flat()).toEqual([]);
  expect(looks(often, { records: 80, came: {} }).flat()).toEqual(["gone a"]);
});

test("P3 a field of which too little is known is never missed, nor one that comes at times", () => {
  expect(looks({ records: 19, came: { a: texts(19) } }, { records: 1000, came: {} }).flat()).toEqual([]);
  const without = { records: 19, came: {} };
  const with1 = { records: 1, came: { a: texts(1) } };
  const always = { records: 100, came: { a: texts(100) } };
  expect(looks(always, without, with1, without, with1, without).flat()).toEqual([]);
});

test("P3 what comes again after it was gone is known, and may be gone again", () => {
  const always = { records: 100, came: { a: texts(100) } };
  const without = { records: 40, came: {} };
  expect(looks(always, without, without, always, without).map((changes) => changes.join())).toEqual([
    "",
    "gone a",
    "",
    "",
    "gone a",
  ]);
});

test("P3 of records that keep what is no longer sent, only those made since count", () => {
  // HubSpot's updates: it is in them, and none of them is new.
  const updates = { records: 0, came: { a: { records: 0, forms: { text: 50 } } } };
  const always = { records: 100, came: { a: texts(100) } };
  const made = { records: 10, came: {} };
  expect(looks(always, updates, made, updates, made).flat()).toEqual(["gone a"]);
});

test("P3 a property without a value came", () => {
  const empty = { records: 100, came: { a: { records: 100, forms: {} } } };
  expect(looks(empty, empty, empty).flat()).toEqual([]);
});

test("P3 values have another form when twenty in succession have none of the usual one", () => {
  const numbers = { records: 100, came: { a: texts(100, { number: 96, text: 4 }) } };
  const words = (count: number) => ({ records: count, came: { a: texts(count, { text: count }) } });
  expect(looks(numbers, words(19)).flat()).toEqual([]);
  expect(looks(numbers, words(10), words(10)).flat()).toEqual(["changed a"]);
  // One of the usual form in between.
  const mixed = { records: 11, came: { a: texts(11, { text: 10, number: 1 }) } };
  expect(looks(numbers, mixed, words(10)).flat()).toEqual([]);
  // The new form is the usual one from then on.
  const back = { records: 20, came: { a: texts(20, { number: 20 }) } };
  expect(looks(numbers, words(30), words(30), back).flat()).toEqual(["changed a", "changed a"]);
});

test("P3 a field of many forms, or of which few values are known, has no usual one", () => {
  const mixed = { records: 100, came: { a: texts(100, { number: 90, text: 10 }) } };
  const words = { records: 50, came: { a: texts(50, { text: 50 }) } };
  expect(looks(mixed, words).flat()).toEqual([]);
  expect(looks({ records: 19, came: { a: texts(19, { number: 19 }) } }, words).flat()).toEqual([]);
});

test("P3 what is remembered does not grow without end, and follows the present", () => {
  const always = { records: 1000, came: { a: texts(1000) } };
  const seldom = { records: 1000, came: { a: texts(10) } };
  let before: Fields | undefined;
  for (const look of [...Array(50).fill(always), ...Array(50).fill(seldom)])
    before = compare(before, look).fields;
  const { came = 0, of = 0, forms = {} } = before?.a ?? {};
  expect(of).toBeLessThan(6000);
  expect(Object.values(forms).reduce((sum, count) => sum + count, 0)).toBeLessThan(6000);
  expect(came / of).toBeCloseTo(0.01, 2);
});

test("P3 columns that are new, gone or of another type are told of, not those of the first look", () => {
  expect(compareColumns(undefined, { a: "text" })).toEqual({ added: [], gone: [], changed: [] });
  expect(compareColumns({ a: "text", b: "text", c: "text" }, { a: "text", b: "boolean", d: "text" })).toEqual(
    {
      added: ["d"],
      gone: ["c"],
      changed: ["b"],
    },
  );
});
