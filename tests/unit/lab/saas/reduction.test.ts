import { describe, expect, test } from "vitest";
import type { Document } from "../../../../lab/saas/estuary/plane/collections/document.ts";
import { columnsOf } from "../../../../lab/saas/estuary/plane/collections/fields.ts";
import { reduce } from "../../../../lab/saas/estuary/plane/collections/reduce.ts";
import type { Schema } from "../../../../lab/saas/estuary/plane/collections/schema.ts";
import { groupsOf } from "../../../../lab/saas/estuary/plane/sink/cells.ts";
import { mergeRows } from "../../../../lab/saas/estuary/plane/sink/postgres/sql.ts";
import { catalog, stagingSpecs, stagingTable } from "../../../support/pipeline/specs.ts";

const { collections } = stagingSpecs({} as never, {} as never, {} as never);
const contacts = collections[catalog.contacts]?.schema ?? {};
const messages = collections[catalog.messages]?.schema ?? {};
const calls = stagingTable("gong_calls").schema;
const deleted = { _meta: { op: "d" } };
const changed = { _meta: { op: "u" } };

/** The only row that documents of one record become. */
function rowOf(schema: Schema, ...documents: Document[]) {
  const changes = documents.map((document) => ({ collection: "t/a", document: { id: 1, ...document } }));
  const rows = [...reduce(changes, [["id"]], schema).values()];
  expect(rows).toHaveLength(1);
  return rows[0];
}

describe("documents of one record, by what their collection's schema says", () => {
  test("P3 HubSpot's refresh of calculated properties leaves the other properties as they are", () => {
    const whole = { archived: false, properties: { email: "a@b.example", phone: "1", score: "2" } };
    const part = { archived: false, properties: { score: "3", phone: null } };
    expect(rowOf(contacts, whole, part)).toEqual({
      op: "upsert",
      partial: true,
      document: { id: 1, archived: false, properties: { email: "a@b.example", phone: null, score: "3" } },
    });
    expect(rowOf(contacts, part)?.partial).toBe(true);
  });

  test("P3 a large value that PostgreSQL left out stays; one that is null does not", () => {
    const row = rowOf(
      calls,
      { transcript: "long", title: "a", ...changed },
      { title: null, _meta: { op: "u", source: { table: "t" } } },
    );
    expect(row).toMatchObject({ partial: true, document: { transcript: "long", title: null } });
    const columns = columnsOf(
      ["/id"],
      { type: "object", properties: { id: { type: "integer" }, title: {}, transcript: {} } },
      { recommended: 1, require: [], exclude: [] },
      false,
    );
    const later = rowOf(calls, { title: "b", ...changed });
    const { groups } = groupsOf(columns, later ? [later] : [], true);
    expect(groups.map(({ kept }) => [...kept])).toEqual([["transcript"]]);
  });

  test("P3 without annotations the last document stands for the whole record, as is Estuary's default", () => {
    const bare = { type: "object", properties: { id: { type: "integer" } } };
    expect(rowOf(bare, { a: 1, b: 2 }, { a: 3 })).toEqual({
      op: "upsert",
      partial: false,
      document: { id: 1, a: 3 },
    });
    // What no annotation deletes stays, whatever the document says.
    expect(rowOf(bare, deleted)?.op).toBe("upsert");
    expect(rowOf(messages, { text: "a", user: "U1" }, { text: "b" })).toMatchObject({
      partial: false,
      document: { id: 1, text: "b" },
    });
  });

  test.each([
    ["HubSpot's", contacts],
    ["Slack's", messages],
    ["a table's", calls],
  ])("P1 of %s records a deletion deletes, and what comes after it begins anew", (_, schema) => {
    expect(rowOf(schema, { a: 1, ...changed }, deleted)?.op).toBe("delete");
    expect(rowOf(schema, { a: 1, ...changed }, deleted, { b: 2, ...changed })).toEqual({
      op: "upsert",
      partial: false,
      document: { id: 1, b: 2, ...changed },
    });
  });

  test("P3 a column of objects is completed where a document is a part, and only there", () => {
    const columns = columnsOf(["/id"], contacts, { recommended: 1, require: [], exclude: [] }, false);
    const binding = { collection: "t/a", schema: "public", table: "a", columns, backfill: 0 };
    const statement = (partial: boolean) => mergeRows("t", binding, 1, { kept: new Set(), partial });
    expect(statement(true)).toContain(`(r."properties"::jsonb || EXCLUDED."properties"::jsonb)::json`);
    expect(statement(true)).toContain(`"archived" = EXCLUDED."archived"`);
    expect(statement(false)).toContain(`"properties" = EXCLUDED."properties"`);
  });

  test("a strategy that the lab does not know is refused by name", () => {
    const sum = { reduce: { strategy: "merge" }, properties: { n: { reduce: { strategy: "sum" } } } };
    expect(() => rowOf(sum, { n: 1 }, { n: 2 })).toThrow(/reduce strategy sum/);
  });
});
