import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type Database, openDatabase } from "../../../../mcp/servers/kit/postgres/database.ts";
import { dataTools } from "../../../../mcp/servers/sophia_data_intelligence/tools.ts";
import { type Staging, startStaging } from "../../../support/servers/databases/staging.ts";
import { calling } from "../../../support/servers/mcp/calling.ts";

describe("sophia_data_intelligence", () => {
  let staging: Staging;
  beforeAll(async () => {
    staging = await startStaging();
  });
  afterAll(() => staging.stop());
  beforeEach(async () => {
    await staging.admin.query("DROP SCHEMA IF EXISTS staging CASCADE");
  });

  const serving = (database: Database = staging.open()) => {
    onTestFinished(() => database.close());
    return calling(dataTools(database));
  };
  const insert = (text: string) => staging.admin.query(text);

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
        text: expect.stringMatching(
          /^There is no table \w+ yet\. The migrations in data\/migrations make it/,
        ),
      });
    },
  );

  test("M4 a table of another shape is named with the column that it lacks", async () => {
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
    await staging.createTables();
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
    await staging.createTables();
    await insert(
      `INSERT INTO staging.error_logs (stream, occurred_at, reason, raw) VALUES ('gong_calls', now(), 'no id', '{"email": "a@b.example"}')`,
    );
    const { ask, log } = await serving();
    const answer = await ask("list_errors");
    expect(answer.items).toEqual([expect.objectContaining({ reason: "no id" })]);
    expect(JSON.stringify([answer, log])).not.toContain("a@b.example");
  });

  test("P4 freshness names late, empty and missing tables", async () => {
    await staging.createTables();
    await insert(`
      INSERT INTO staging.gong_calls_staging (call_id, _loaded_at) VALUES ('1', now() - interval '3 hours'), ('2', now() - interval '2 hours');
      CREATE TABLE staging.hubspot_deals_staging (id bigint, flow_published_at timestamptz);
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

  test("M4 tables and their columns are found, and a near miss is helped", async () => {
    await staging.createTables();
    const { ask, call } = await serving();
    expect((await ask("list_tables", { schema: "staging" })).items).toContainEqual({
      table: "staging.gong_calls_staging",
      rowsEstimate: 0,
      columns: 12,
      comment: "Calls of Gong.",
    });
    const described = await ask("describe_table", { table: "gong_calls_staging" });
    expect(described.columns[0]).toEqual({ column: "call_id", type: "text", nullable: false, comment: null });
    expect(described.indexes[0]).toMatch(/UNIQUE INDEX gong_calls_staging_pkey/);
    expect((await call("describe_table", { table: "gong_calls" })).text).toMatch(
      /^There is no table gong_calls\. Did you mean staging\.gong_calls_staging\?/,
    );
  });

  test("M4 a query is answered in pages, with JSON's types", async () => {
    const { ask } = await serving();
    const first = await ask("query_sql", {
      sql: "SELECT n, 'x' AS t, date '2026-11-20' AS d FROM generate_series(1, 5) n ORDER BY n; ",
      limit: 3,
    });
    expect(first).toEqual({
      rows: [1, 2, 3].map((n) => ({ n, t: "x", d: "2026-11-20" })),
      nextCursor: "3",
    });
    const sql = "SELECT n FROM generate_series(1, 5) n -- and a comment";
    expect(await ask("query_sql", { sql, limit: 3, cursor: "3" })).toEqual({ rows: [{ n: 4 }, { n: 5 }] });
    expect(await ask("query_sql", { sql, limit: 5 })).toEqual({ rows: [1, 2, 3, 4, 5].map((n) => ({ n })) });
  });

  test("M4 a long answer ends early with a cursor, and a row that is too long never leaves the database", async () => {
    const { ask, call } = await serving();
    const sql = "SELECT n, repeat('y', 9000) AS y FROM generate_series(1, 30) n ORDER BY n";
    const { rows, nextCursor } = await ask("query_sql", { sql, limit: 30 });
    expect(rows).toHaveLength(10);
    expect((await ask("query_sql", { sql, limit: 1, cursor: nextCursor })).rows[0].n).toBe(11);
    const flood = await call("query_sql", { sql: "SELECT repeat('z', 5000000) AS z" });
    expect(flood.text).toMatch(/^Row 1 has 50000\d\d bytes, more than 50000\. Select fewer columns/);
  });

  test.each([
    ["DELETE FROM staging.t", /syntax error.*Send one SELECT/],
    ["SELECT 1; DROP TABLE staging.t", /syntax error.*Send one SELECT/],
    [
      "SELECT 1) AS q) AS r; DROP TABLE staging.t; SELECT FROM (SELECT FROM (SELECT 1",
      /multiple commands.*Send one SELECT/,
    ],
    ["COMMIT; DELETE FROM staging.t", /syntax error/],
    [
      "WITH d AS (DELETE FROM staging.t RETURNING 1) SELECT * FROM d",
      /must be at the top level|data-modifying/,
    ],
    ["SELECT nextval('staging.s')", /permission denied|would change something/],
    ["SELECT set_config('transaction_read_only', 'off', false)", /transaction writable.*only reads/],
    ["SELECT pg_read_file('/etc/passwd')", /permission denied.*pg_read_file/],
    ["SELECT rolpassword FROM pg_authid", /permission denied.*Grant mcp SELECT/],
    ["SELECT * FROM staging.nothing", /"staging\.nothing" does not exist \(at character 15\).*list_tables/],
    ["SELECT 1 / 0", /division by zero.*Correct the statement/],
  ])("S1 %s is refused with advice, and nothing changes", async (sql, said) => {
    await insert(
      "CREATE SCHEMA staging; CREATE TABLE staging.t AS SELECT 1 AS x; CREATE SEQUENCE staging.s; GRANT ALL ON ALL TABLES IN SCHEMA staging TO mcp",
    );
    const { call } = await serving();
    const answer = await call("query_sql", { sql });
    expect(answer).toEqual({ isError: true, text: expect.stringMatching(said) });
    expect((await insert("SELECT * FROM staging.t")).rows).toEqual([{ x: 1 }]);
  });

  test("M4 a statement is stopped at its timeout, and the next one is served", async () => {
    const { call, ask } = await serving(staging.open("mcp", 0.3));
    expect((await call("query_sql", { sql: "SELECT pg_sleep(30)" })).text).toMatch(
      /^The statement took longer than 0\.3 s and was stopped\. Narrow it/,
    );
    const reset = "SELECT set_config('statement_timeout', '0', false), pg_sleep(30)";
    expect((await call("query_sql", { sql: reset })).isError).toBe(true);
    expect(await ask("query_sql", { sql: "SELECT 1 AS one" })).toEqual({ rows: [{ one: 1 }] });
  });

  test("M4 when the caller goes away the statement is stopped", async () => {
    const database = staging.open("mcp", 30);
    onTestFinished(() => database.close());
    const running = async () =>
      (
        await insert(
          "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(29)%' AND pid <> pg_backend_pid()",
        )
      ).rowCount;
    const gone = new AbortController();
    const read = database.read(gone.signal, (query) => query("SELECT pg_sleep(29)"));
    const ended = expect(read).rejects.toThrow("the caller went away");
    await expect.poll(running, { timeout: 10_000 }).toBe(1);
    gone.abort(new Error("the caller went away"));
    await ended;
    await expect.poll(running, { timeout: 10_000 }).toBe(0);
  });

  test("S1 a login that may do more than read is refused, one without rights is told which it lacks", async () => {
    await staging.createTables();
    const mighty = await serving(staging.open("mighty"));
    expect((await mighty.call("query_sql", { sql: "SELECT 1" })).text).toMatch(
      /^The login mighty may do more than read \(CREATEROLE\)\. Set SOPHIA_POSTGRES_USER/,
    );
    const broad = await serving(staging.open("broad"));
    expect((await broad.call("query_sql", { sql: "SELECT 1" })).text).toMatch(
      /^The login broad may read the password digests of all logins.*pg_read_all_data/,
    );
    expect((await broad.call("list_syncs")).isError).toBe(false);
    const poor = await serving(staging.open("poor"));
    expect((await poor.call("list_syncs")).text).toMatch(/permission denied.*Grant poor SELECT/);
  });

  test("S4 over TLS the server's certificate is checked", async () => {
    const encrypted = (caFile?: string) =>
      openDatabase({
        ...staging.open().whence,
        tls: "verify",
        caFile,
        password: () => staging.password,
        application: "test",
      });
    const trusting = encrypted(staging.caFile);
    onTestFinished(() => trusting.close());
    const ssl = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    expect(await trusting.read(undefined, (query) => query(ssl))).toEqual([{ ssl: true }]);
    await expect(encrypted().read(undefined, (query) => query(ssl))).rejects.toThrow(
      /^PostgreSQL cannot be reached.*self.signed certificate/,
    );
  });

  test("M4 a database that is away is an error that says where it was looked for", async () => {
    const { call } = await serving(
      openDatabase({
        ...staging.open().whence,
        port: 9,
        tls: "off",
        password: () => staging.password,
        application: "test",
      }),
    );
    const { text } = await call("get_pipeline_status");
    expect(text).toMatch(
      /^PostgreSQL cannot be reached at 127\.0\.0\.1:9: .*ECONNREFUSED.*Check that it runs/,
    );
    expect(text).not.toContain(staging.password);
  });
});
