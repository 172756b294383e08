import { describe, expect, test } from "vitest";
import { streamNames, streams, tableOf } from "../../../../data/estuary/spec/streams.ts";
import { build } from "../../../../lab/saas/estuary/control/build.ts";
import { isDue } from "../../../../lab/saas/estuary/plane/capture/hubspot/schedule.ts";
import { columnsOf } from "../../../../lab/saas/estuary/plane/collections/fields.ts";
import { refuseRebuilt } from "../../../../lab/saas/estuary/plane/collections/rebuilt.ts";
import { schemaToRead } from "../../../../lab/saas/estuary/plane/collections/schema.ts";
import { stagingSpecs, stagingTable } from "../../../support/pipeline/specs.ts";

const staging = stagingSpecs({} as never, {} as never, {} as never);
const selection = { recommended: 1, require: [], exclude: [] };

describe("a field that every collection has", () => {
  const bindings = Object.values(staging.materializations).flatMap((one) => one.bindings);
  const captured = (columns: readonly string[]) => ({
    type: "object",
    properties: Object.fromEntries(columns.map((name) => [name, { type: "string" }])),
  });

  test("P1 each table that Estuary makes can be captured again: no column has the name of such a field", () => {
    expect(bindings).toHaveLength(streamNames.filter((name) => streams[name].source !== "gong").length);
    for (const { source, resource, fields } of bindings) {
      const collection = staging.collections[source];
      if (!collection) throw new Error(`${source} is no collection`);
      const { key, publishedAt } = collection;
      const read = schemaToRead(collection, {});
      const columns = columnsOf(key, read, fields, false, publishedAt).map(({ field }) => field);
      expect(columns).toContain("_loaded_at");
      // The capture adds a column of that name.
      expect(columns).not.toContain("_meta");
      const stream = streamNames.find((name) => tableOf(name) === resource.table);
      if (!stream) throw new Error(`${resource.table} is no stream's`);
      const again = columnsOf(stagingTable(stream).key, captured(columns), selection, false);
      expect(again.map(({ field }) => field)).toEqual(
        expect.arrayContaining(["_loaded_at", "flow_published_at"]),
      );
    }
  });

  test("P1 a captured column of that name stops what materializes it, as at Estuary", () => {
    const columns = () => columnsOf(["/id"], captured(["id", "flow_published_at"]), selection, false);
    expect(columns).toThrow(/projection flow_published_at is the canonical field name of location/);
  });

  test("P1 without flow_document what each document has is a column, of inferred collections also _meta", () => {
    const schema = { type: "object", required: ["id"], properties: { id: { type: "string" } } };
    const of = (collection: object, withDocument: boolean, exclude: string[] = []) => {
      const read = schemaToRead({ schema, ...collection }, captured(["id", "name"]));
      const columns = columnsOf(["/id"], read, { recommended: 0, require: [], exclude }, withDocument);
      return columns.map(({ field }) => field);
    };
    expect(of({}, false)).toEqual(["id", "_meta", "flow_published_at"]);
    expect(of({}, true)).toEqual(["id", "flow_published_at", "flow_document"]);
    expect(of({ declaredOnly: true }, false)).toEqual(["id", "flow_published_at"]);
    expect(() => of({}, false, ["_meta"])).toThrow(/_meta is excluded, and required/);
  });

  test("P1 a collection that declares such a field, or projects what the lab does not know, is refused", () => {
    const name = "sophia/test/a";
    const faults = (more: object) => {
      const schema = {
        type: "object",
        required: ["id"],
        properties: { id: { type: "string" }, flow_published_at: { type: "string" } },
      };
      const model = { key: ["/id"], schema, ...more };
      const options = { masterKey: Buffer.alloc(32), prefixes: ["sophia/"] };
      return build({ [name]: { type: "collection", model } }, {}, options).faults.map(({ detail }) => detail);
    };
    expect(faults({})).toEqual([expect.stringMatching(/cannot re-map it/)]);
    expect(faults({ projections: { _loaded_at: "/_meta/uuid/date-time" } })).toEqual([]);
    expect(faults({ projections: { other: "/id" } })).toEqual([expect.stringMatching(/not \/id$/)]);
    const own = {
      writeSchema: { type: "object", required: ["id"], properties: { id: {} } },
      schema: undefined,
    };
    expect(faults({ ...own, readSchema: own.writeSchema })).toEqual([]);
    expect(faults({ ...own, readSchema: { $ref: "flow://inferred-schema" } })).toEqual([]);
    expect(faults({ ...own, readSchema: {} })).toEqual([expect.stringMatching(/the lab knows a readSchema/)]);
  });
});

test("P3 without flow_document, documents that are merged may have no property that is named otherwise as a field", () => {
  const columns = (names: readonly string[]) => {
    const properties = Object.fromEntries(names.map((name) => [name, { type: "string" }]));
    return columnsOf(["/id"], { type: "object", properties }, selection, false, "_loaded_at");
  };
  const { schema } = stagingTable("hubspot_contacts");
  const refuse = (of: object, names: readonly string[]) => () =>
    refuseRebuilt("t/m", "t/a", { ...of }, columns(names));
  expect(refuse(schema, ["id", "properties/email"])).toThrow(
    /t\/a merges documents and has the property properties\/email.*as properties~1email/,
  );
  expect(refuse({ allOf: [schema] }, ["id", "a~b"])).toThrow(/as a~0b/);
  expect(refuse(schema, ["id", "email"])).not.toThrow();
  expect(refuse({ reduce: { strategy: "lastWriteWins" } }, ["id", "properties/email"])).not.toThrow();
});

test("P1 calculated properties are refreshed in the minutes that the schedule names, in UTC", () => {
  const at = (text: string) => Date.parse(`2026-11-21T${text}Z`);
  const due = (since: string, now: string) => isDue("55 23 * * *", at(since), at(now));
  expect(due("23:54:00", "23:54:59")).toBe(false);
  expect(due("23:54:59", "23:55:00")).toBe(true);
  expect(due("23:55:00", "23:59:00")).toBe(false);
  expect(isDue("55 23 * * *", 0, at("00:00:00"))).toBe(true);
  expect(isDue("*/15 1-3,7 * * *", at("02:29:00"), at("02:30:01"))).toBe(true);
  expect(isDue("*/15 1-3,7 * * *", at("03:46:00"), at("06:59:00"))).toBe(false);
  expect(() => isDue("0 1 * * 1", 0, at("00:00:00"))).toThrow(/daily schedules, not 0 1/);
  expect(() => isDue("x 1 * * *", 0, at("00:00:00"))).toThrow(/does not know x/);
});
