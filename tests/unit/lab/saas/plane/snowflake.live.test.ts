import { afterAll, beforeAll, expect, test } from "vitest";
import type { Change } from "../../../../../lab/saas/estuary/plane/collections/document.ts";
import { columnsOf } from "../../../../../lab/saas/estuary/plane/collections/fields.ts";
import { reduce } from "../../../../../lab/saas/estuary/plane/collections/reduce.ts";
import { SnowflakeSink } from "../../../../../lab/saas/estuary/plane/sink/snowflake/sink.ts";
import type { Binding } from "../../../../../lab/saas/estuary/plane/task/sink.ts";
import { startMaterialized } from "../../../../support/pipeline/snowflake.ts";
import { stagingTable } from "../../../../support/pipeline/specs.ts";

let snowflake: Awaited<ReturnType<typeof startMaterialized>>;
beforeAll(async () => {
  snowflake = await startMaterialized();
}, 600_000);
afterAll(() => snowflake?.close());

// Documents complete each other as those of the staging tables do.
const { required: _, properties: __, ...reductions } = stagingTable("gong_users").schema;
const schema = {
  ...reductions,
  properties: {
    id: { type: "integer" },
    at: { type: ["string", "null"], format: "date-time" },
    day: { type: ["string", "null"], format: "date" },
    ok: { type: ["boolean", "null"] },
    amount: { type: ["number", "null"] },
    note: { type: ["string", "null"] },
    raw: {},
    _meta: { type: "object", properties: { op: { enum: ["c", "d", "u"] } } },
  },
};
const binding = (backfill = 0): Binding => ({
  collection: "t/things",
  database: "SOPHIA_AI",
  schema: "STAGING",
  table: "things_staging",
  columns: columnsOf(["/id"], schema, { recommended: 1, require: [], exclude: [] }, true),
  backfill,
});
const now = "2026-11-20T10:00:00.000Z";
const put = (document: Record<string, unknown>): Change => ({
  collection: "t/things",
  document: { _meta: { op: "u" }, ...document },
});
const gone = (id: number): Change => ({
  collection: "t/things",
  document: { id, _meta: { op: "d" } },
});
const session = () => new SnowflakeSink("t/materialize-snowflake", snowflake.config, snowflake.open);

test("P1 rows go into the lab's Snowflake as the connector puts them there, and so does the checkpoint", async () => {
  const sink = session();
  const begun = await sink.open();
  expect(begun).toEqual({ positions: {}, applied: {} });
  expect(await sink.existing([binding()])).toEqual(new Set());
  await sink.apply([{ binding: binding(), plan: { do: "create" } }], begun);
  expect(await sink.existing([binding()])).toEqual(new Set(["STAGING.things_staging"]));
  const full = {
    at: now,
    day: "2026-11-20",
    ok: true,
    amount: 12.5,
    note: "tab\tand 'quote'",
    raw: { a: [1, null] },
  };
  const write = async (changes: Change[], at: string) => {
    const checkpoint = { ...begun, positions: { source: at } };
    await sink.commit(
      [{ binding: binding(), schema, rows: reduce(changes, [["id"]], schema) }],
      checkpoint,
      now,
    );
  };
  await write([put({ id: 1, ...full }), put({ id: 2, ...full }), put({ id: 3 })], "1");
  await write(
    [gone(2), put({ id: 1, note: "changed" }), put({ id: 3, ok: false }), put({ id: 4, raw: 5 })],
    "2",
  );
  const rows = await snowflake.query(
    "SELECT id, note, ok, amount, raw:a[0]::NUMBER AS a, day IS NULL AS n FROM things_staging ORDER BY id",
  );
  expect(rows).toEqual([
    { ID: "1", NOTE: "changed", OK: "true", AMOUNT: "12.5", A: "1", N: "false" },
    { ID: "3", NOTE: null, OK: "false", AMOUNT: null, A: null, N: "true" },
    { ID: "4", NOTE: null, OK: null, AMOUNT: null, A: null, N: "true" },
  ]);
  // What a change leaves out is in the document still, as Estuary loads, completes and stores it.
  const [kept] = await snowflake.query("SELECT flow_document AS d FROM things_staging WHERE id = 1");
  expect(JSON.parse(kept?.D ?? "")).toEqual({ id: 1, ...full, note: "changed", _meta: { op: "u" } });
  const again = session();
  expect((await again.open()).positions).toEqual({ source: "2" });
  await expect(write([put({ id: 9 })], "3")).rejects.toThrow(/fenced off/);
  expect(await snowflake.query("SELECT count(*) AS n FROM things_staging")).toEqual([{ N: "3" }]);
  await Promise.all([sink.close(), again.close()]);
});

test("P5 an engine that dies in a transaction leaves neither rows nor a checkpoint", async () => {
  const sink = session();
  const begun = await sink.open();
  const dead = fetch(`${snowflake.url}/_lab/snowflake/crash`, { method: "POST" });
  await dead;
  const work = [{ binding: binding(), schema, rows: reduce([put({ id: 50 })], [["id"]], schema) }];
  await expect(sink.commit(work, { ...begun, positions: { source: "9" } }, now)).rejects.toThrow();
  await sink.close();
  const again = session();
  expect((await again.open()).positions).toEqual({ source: "2" });
  await again.commit(work, { ...begun, positions: { source: "9" } }, now);
  expect(await snowflake.query("SELECT count(*) AS n FROM things_staging WHERE id = 50")).toEqual([
    { N: "1" },
  ]);
  await again.close();
});
