import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LoginName } from "../../../../components/services/postgres/logins.ts";
import { run } from "../../../../data/migrations/main.ts";
import { publishTables } from "../../../../data/migrations/publish.ts";
import {
  connected,
  type PipelineServer,
  startPipelineServer,
} from "../../../support/servers/databases/pipeline.ts";

describe("what each login may do once the migrations have run, on real PostgreSQL", () => {
  let server: PipelineServer;
  const as = <T>(login: LoginName, work: (client: pg.Client) => Promise<T>) => connected(server, login, work);
  beforeAll(async () => {
    server = await startPipelineServer();
    await run(server.environment("pipeline"));
    // As Estuary's materializer makes its tables, and the program publishes them.
    await as("flow_materialize", (client) =>
      client.query("CREATE TABLE hubspot_contacts_staging (id bigint PRIMARY KEY)"),
    );
    await as("pipeline", publishTables);
  }, 600_000);
  afterAll(() => server.stop());

  test("S1 the login of the MCP servers reads calls without the private ones, whatever the query does", async () => {
    const columns = (client: pg.Client, table: string) =>
      client.query(
        `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
         WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
        [table],
      );
    await as("pipeline", async (client) => {
      await client.query(
        `INSERT INTO gong_calls_staging (call_id, is_private, title, _run_id, _extracted_at, _row_hash)
         SELECT id, private, id || ' said', gen_random_uuid(), now(), ''
         FROM (VALUES ('open', false), ('private', true), ('unknown', NULL)) AS v (id, private)`,
      );
      expect((await columns(client, "gong_calls")).rows).toEqual(
        (await columns(client, "gong_calls_staging")).rows,
      );
    });
    await as("mcp_data", async (client) => {
      const { rows } = await client.query("SELECT call_id FROM gong_calls ORDER BY 1");
      expect(rows.map(({ call_id }) => call_id)).toEqual(["open", "unknown"]);
      // Without it a caller's condition may be asked about private rows first, and say in an error what they hold.
      const options = await client.query(
        "SELECT reloptions FROM pg_class WHERE oid = 'gong_calls'::regclass",
      );
      expect(options.rows[0].reloptions).toEqual(["security_barrier=true"]);
      expect((await client.query("SELECT FROM pg_stats WHERE attname = 'transcript'")).rowCount).toBe(0);
      // How fresh the table is, is no secret.
      expect((await client.query("SELECT max(_loaded_at) FROM gong_calls_staging")).rowCount).toBe(1);
    });
    await as("gong_loader", (client) => client.query("SELECT transcript FROM gong_calls_staging"));
  });

  const refused = [
    ["mcp_data", "SELECT transcript FROM gong_calls_staging"],
    ["mcp_business", "SELECT transcript FROM gong_calls_staging"],
    ["mcp_postgres", "SELECT transcript FROM gong_calls_staging"],
    ["mcp_data", "SELECT * FROM gong_calls_staging"],
    ["mcp_data", "INSERT INTO pipeline_state (source, stream, cursor) VALUES ('a', 'b', '{}')"],
    ["mcp_data", "SELECT raw FROM error_logs"],
    ["mcp_data", "CREATE TEMP TABLE mine (id int)"],
    ["mcp_data", "SELECT * FROM flow_watermarks"],
    ["gong_loader", "DELETE FROM gong_calls_staging"],
    ["gong_loader", "SELECT * FROM hubspot_contacts_staging"],
    ["gong_loader", "CREATE TABLE mine (id int)"],
    ["gong_loader", "DELETE FROM error_logs"],
    ["quality", "UPDATE gong_calls_staging SET title = ''"],
    ["quality", "DELETE FROM gong_calls_staging"],
    ["quality", "DELETE FROM pipeline_state"],
    ["flow_capture", "INSERT INTO gong_users_staging DEFAULT VALUES"],
    ["flow_capture", "SELECT * FROM error_logs"],
    ["flow_materialize", "SELECT * FROM gong_calls_staging"],
    ["probe", "SELECT * FROM pipeline_status"],
  ] as const;
  test.each(refused)("S1 %s may not %s", async (login, sql) => {
    await expect(as(login, (client) => client.query(sql))).rejects.toThrow(/permission denied|must be owner/);
  });

  const allowed = [
    ["mcp_data", "SELECT id, stream, reason FROM error_logs"],
    ["mcp_data", "SELECT * FROM pipeline_streams"],
    ["mcp_data", "SELECT * FROM hubspot_contacts_staging"],
    ["mcp_business", "SELECT * FROM hubspot_contacts_staging"],
    ["mcp_postgres", "SELECT * FROM pipeline_streams"],
    ["gong_loader", "CREATE TEMP TABLE load (LIKE gong_calls_staging) ON COMMIT DROP"],
    ["flow_materialize", "CREATE TEMP TABLE load (id int) ON COMMIT DROP"],
    [
      "gong_loader",
      `INSERT INTO pipeline_state (source, stream, cursor) VALUES ('a', 'b', '{}')
       ON CONFLICT (source, stream) DO UPDATE SET cursor = excluded.cursor`,
    ],
    ["gong_loader", "INSERT INTO error_logs (source, stream, reason) VALUES ('gong', 'gong_calls', 'test')"],
    [
      "quality",
      "INSERT INTO data_quality_metrics (stream, check_name, score, passed) VALUES ('s', 'c', 100, true)",
    ],
    [
      "quality",
      `INSERT INTO sync_history (run_id, source, stream, status) VALUES (gen_random_uuid(), 's', 's', 'succeeded')
       ON CONFLICT (run_id, stream) DO UPDATE SET rows_read = excluded.rows_read`,
    ],
    ["quality", "DELETE FROM error_logs WHERE occurred_at < now() - interval '90 days'"],
    ["quality", "SELECT * FROM hubspot_contacts_staging"],
    ["flow_capture", "INSERT INTO flow_watermarks VALUES ('flow_slot', 'x')"],
    ["flow_capture", "SELECT pg_create_logical_replication_slot('flow_slot', 'pgoutput')"],
    ["flow_capture", "SELECT pg_drop_replication_slot('flow_slot')"],
  ] as const;
  test.each(allowed)("%s may %s", async (login, sql) => {
    await as(login, (client) => client.query(sql));
  });
});
