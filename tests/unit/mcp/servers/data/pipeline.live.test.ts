import { expect, test } from "vitest";
import { onStaging } from "./staging.ts";

const { insert, serving, staging } = onStaging();

test("M4 every tool is listed, read-only, with a description of one line", async () => {
  const { client } = await serving();
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual([
    "get_pipeline_status",
    "get_data_quality",
    "get_freshness",
    "list_syncs",
    "list_errors",
    "list_tables",
    "describe_table",
    "query_sql",
  ]);
  for (const { annotations, description } of tools) {
    expect(annotations?.readOnlyHint).toBe(true);
    expect(description).toMatch(/^[A-Z][^\n]+\.$/);
  }
});

test.each(["get_pipeline_status", "get_data_quality", "list_syncs", "list_errors"])(
  "M4 without its table %s says what is missing and who makes it",
  async (name) => {
    const { call } = await serving();
    expect(await call(name)).toEqual({
      isError: true,
      text: expect.stringMatching(/^There is no table \w+ yet\. The migrations in data\/migrations make it/),
    });
  },
);

test("M4 a table with another schema is named with its missing column", async () => {
  await insert(
    "CREATE SCHEMA staging; CREATE TABLE staging.sync_history (stream text, started_at timestamptz)",
  );
  const { call } = await serving();
  expect((await call("list_syncs", { status: "failed" })).text).toMatch(
    /staging\.sync_history has no column status\. The migrations/,
  );
  expect((await call("list_syncs")).isError).toBe(false);
});

test("P3 status, quality and syncs are shown, filtered and paged", async () => {
  await staging().createTables();
  await insert(`
    INSERT INTO staging.pipeline_status VALUES ('gong_calls', 'ok', 12, 99.5, now()), ('hubspot_deals', 'degraded', 900, 91, now());
    INSERT INTO staging.data_quality_metrics
      SELECT 'gong_calls', c, s, s >= 95, timestamptz '2026-11-01' + d * interval '1 day'
      FROM (VALUES ('completeness', 90.0, 1), ('completeness', 99.0, 2), ('validity', 97.0, 1), ('validity', 93.5, 2)) v(c, s, d);
    INSERT INTO staging.sync_history
      SELECT 'run-' || n, 'gong_calls', CASE WHEN n % 10 = 0 THEN 'failed' ELSE 'done' END,
        timestamptz '2026-11-01' + n * interval '1 hour', NULL, n * 100, NULL FROM generate_series(1, 120) n;`);
  const { ask, call } = await serving();
  expect((await ask("get_pipeline_status", { stream: "hubspot_deals" })).items).toEqual([
    expect.objectContaining({ stream: "hubspot_deals", state: "degraded", lag_seconds: 900, quality: 91 }),
  ]);
  const { items } = await ask("get_data_quality", { below: 95 });
  expect(items).toEqual([expect.objectContaining({ check_name: "validity", score: 93.5 })]);
  expect((await ask("get_data_quality", { latest: false })).items).toHaveLength(4);
  expect((await ask("list_syncs", { status: "failed" })).items).toHaveLength(12);
  expect((await ask("list_syncs", { since: "2026-11-05T23:00:00Z" })).items).toHaveLength(2);

  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask("list_syncs", { limit: 50, ...(cursor && { cursor }) });
    seen.push(...page.items.map(({ run_id }: { run_id: string }) => run_id));
    cursor = page.nextCursor;
  } while (cursor);
  expect(seen).toEqual(Array.from({ length: 120 }, (_, index) => `run-${120 - index}`));
  expect(await call("list_syncs", { cursor: "next" })).toMatchObject({ isError: true });
});

test("P3 rejected records are shown with their reason, never with their contents", async () => {
  await staging().createTables();
  await insert(
    `INSERT INTO staging.error_logs (stream, occurred_at, reason, raw) VALUES ('gong_calls', now(), 'no id', '{"email": "a@b.example"}')`,
  );
  const { ask, log } = await serving();
  const answer = await ask("list_errors");
  expect(answer.items).toEqual([expect.objectContaining({ reason: "no id" })]);
  expect(JSON.stringify([answer, log])).not.toContain("a@b.example");
});

test("P4 freshness names late, empty and missing tables", async () => {
  await staging().createTables();
  await insert(`
    INSERT INTO staging.gong_calls_staging (call_id, _loaded_at) VALUES ('1', now() - interval '3 hours'), ('2', now() - interval '2 hours');
    CREATE TABLE staging.hubspot_deals_staging (id bigint, _loaded_at timestamptz);
    INSERT INTO staging.hubspot_deals_staging VALUES (1, now() - interval '1 minute');`);
  const { ask } = await serving();
  const { tables, missing } = await ask("get_freshness", { maxAgeMinutes: 90 });
  expect(tables).toEqual([
    expect.objectContaining({ table: "staging.gong_calls_staging", ageMinutes: 120, late: true }),
    expect.objectContaining({ table: "staging.gong_users_staging", problem: "it is empty" }),
    expect.objectContaining({ table: "staging.hubspot_deals_staging", ageMinutes: 1, late: false }),
  ]);
  expect(missing).toContainEqual({
    table: "slack_messages_staging",
    problem: expect.stringMatching(/^Estuary makes it/),
  });
});

test("M4 tables and their columns are found, and a misspelt name gets a suggestion", async () => {
  await staging().createTables();
  const { ask, call } = await serving();
  expect((await ask("list_tables", { schema: "staging" })).items).toContainEqual({
    table: "staging.gong_calls_staging",
    columns: 11,
    comment: "Calls of Gong.",
  });
  const described = await ask("describe_table", { table: "gong_calls_staging" });
  expect(described.columns[0]).toEqual({ column: "call_id", type: "text", nullable: false, comment: null });
  expect(described.indexes[0]).toMatch(/UNIQUE INDEX gong_calls_staging_pkey/);
  expect((await call("describe_table", { table: "gong_users" })).text).toMatch(
    /^There is no table gong_users\. Did you mean staging\.gong_users_staging\?/,
  );
});

test("M4 a table with many columns is described in pages", async () => {
  const columns = Array.from({ length: 1500 }, (_, n) => `a_property_with_quite_a_long_name_${n}`);
  await insert(
    `CREATE SCHEMA staging; CREATE TABLE staging.wide (${columns.map((name) => `${name} timestamp with time zone`).join(", ")})`,
  );
  const { ask } = await serving();
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask("describe_table", { table: "wide", limit: 200, ...(cursor && { cursor }) });
    seen.push(...page.columns.map(({ column }: { column: string }) => column));
    expect(page.total).toBe(1500);
    cursor = page.nextCursor;
  } while (cursor);
  expect(seen).toEqual(columns);
});
