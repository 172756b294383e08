import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { streamChecks } from "../../../../data/quality/checks/streams.ts";
import { Meter, type MeterOptions } from "../../../../data/quality/measure.ts";
import { startPipelineServer } from "../../../support/servers/databases/pipeline.ts";
import { startTestSnowflake } from "../../../support/servers/databases/snowflake.ts";

/** What the stage has. */
export const streams = streamChecks.filter(
  ({ stream }) => stream === "gong_calls" || stream === "gong_users",
);
const tables = [
  ["gong_calls_staging", "call_id"],
  ["gong_users_staging", "user_id"],
] as const;
const place = { warehouse: "WH", database: "SOPHIA_AI", schema: "STAGING" };
export const signal = new AbortController().signal;

/** Real PostgreSQL with the pipeline's tables, the lab's Snowflake, and checks that compare them. */
export async function openStage() {
  const [server, snowflake] = await Promise.all([startPipelineServer(), startTestSnowflake()]);
  const folder = await mkdtemp(join(tmpdir(), "quality-"));
  await server.migrate();
  const admin = new pg.Client(server.as("pipeline"));
  await admin.connect();
  const pool = server.pool("quality", 2);
  // A test ends connections.
  admin.on("error", () => undefined);
  for (const sql of ["CREATE WAREHOUSE WH", "CREATE DATABASE SOPHIA_AI", "CREATE SCHEMA SOPHIA_AI.STAGING"])
    await snowflake.client().query(sql);
  const warehouse = snowflake.client(place);
  for (const [table, key] of tables)
    await warehouse.query(`CREATE TABLE ${table} (${key} VARCHAR, _loaded_at TIMESTAMP_TZ)`);

  return {
    server,
    snowflake,
    warehouse,
    admin,
    folder,
    /** Users and calls, of which `bad` have no start. Times are whole seconds, which no side rounds. */
    async fill(rows: number, bad = 0) {
      await admin.query(
        "TRUNCATE gong_calls_staging, gong_users_staging, sync_history, data_quality_metrics, pipeline_state, error_logs",
      );
      await admin.query(
        `INSERT INTO gong_users_staging (user_id, email, _run_id, _extracted_at, _loaded_at, _row_hash)
         VALUES ('7', 'ann@example.com', gen_random_uuid(), now(), date_trunc('second', now()), '')`,
      );
      await admin.query(
        `INSERT INTO gong_calls_staging (call_id, started_at, duration_s, primary_user_id, _run_id, _extracted_at, _loaded_at, _row_hash)
         SELECT i::text, CASE WHEN i > $2 THEN now() END, 60, '7', gen_random_uuid(), now(), date_trunc('second', now()), ''
           FROM generate_series(1, $1::int) i`,
        [rows, bad],
      );
      await admin.query(
        `INSERT INTO sync_history (run_id, source, stream, status, finished_at, rows_read)
         SELECT gen_random_uuid(), 'gong', stream, 'succeeded', now(), $1 FROM unnest(ARRAY['gong_calls', 'gong_users']) stream`,
        [rows],
      );
      await this.readThrough(new Date());
    },
    /** What the extractor writes down when it read everything up to a moment. */
    readThrough: (moment: Date) =>
      admin.query(
        `INSERT INTO pipeline_state (source, stream, cursor) VALUES
           ('gong', 'gong_calls', jsonb_build_object('through', $1::text)),
           ('gong', 'gong_users', jsonb_build_object('read', $1::text)), ('gong', 'requests', '{}')
         ON CONFLICT (source, stream) DO UPDATE SET cursor = excluded.cursor`,
        [moment.toISOString()],
      ),
    /** What Estuary would have done until then. */
    async travel(until = new Date("2100-01-01")) {
      for (const [table, key] of tables) {
        const { rows } = await admin.query(
          `SELECT ${key} AS key, _loaded_at AS at FROM ${table} WHERE _loaded_at <= $1`,
          [until],
        );
        const values = rows.map(({ key: id, at }) => `('${id}', '${at.toISOString()}')`).join(", ");
        await warehouse.query(`DELETE FROM ${table}`);
        if (rows.length > 0) await warehouse.query(`INSERT INTO ${table} SELECT * FROM VALUES ${values}`);
      }
    },
    meterOf: (more: Partial<MeterOptions> = {}) =>
      new Meter({
        pool,
        warehouse,
        threshold: 95,
        maxLag: 900,
        warehouseInterval: 0,
        retentionDays: 90,
        streams,
        ...more,
      }),
    statusOf: async (stream: string) =>
      (await admin.query("SELECT * FROM pipeline_status WHERE stream = $1", [stream])).rows[0],
    async close() {
      await pool.end();
      await admin.end();
      await Promise.all([server.stop(), snowflake.close()]);
      await rm(folder, { recursive: true });
    },
  };
}
export type Stage = Awaited<ReturnType<typeof openStage>>;
