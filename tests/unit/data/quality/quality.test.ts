import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { streamChecks } from "../../../../data/quality/checks/streams.ts";
import { run } from "../../../../data/quality/main.ts";
import { Meter } from "../../../../data/quality/measure.ts";
import { firing } from "../../../support/pipeline/alerts.ts";
import { type PipelineServer, startPipelineServer } from "../../../support/servers/pipeline.ts";
import { freePort } from "../../../support/servers/ports.ts";
import { noPostgres } from "../../../support/servers/postgres.ts";
import { startTestSnowflake, type TestSnowflake } from "../../../support/servers/snowflake.ts";

const gong = streamChecks.filter(({ stream }) => stream === "gong_calls" || stream === "gong_users");
const columns = `"_loaded_at" TIMESTAMP_TZ`;

describe.skipIf(noPostgres)("P3 quality checks on real PostgreSQL and the lab's Snowflake", () => {
  let server: PipelineServer;
  let snowflake: TestSnowflake;
  let folder: string;
  let admin: pg.Client;
  let pool: pg.Pool;
  const place = { warehouse: "WH", database: "SOPHIA_AI", schema: "STAGING" };
  const signal = new AbortController().signal;

  beforeAll(async () => {
    [server, snowflake] = await Promise.all([startPipelineServer(), startTestSnowflake()]);
    folder = await mkdtemp(join(tmpdir(), "quality-"));
    await server.migrate();
    admin = new pg.Client(server.as("pipeline"));
    await admin.connect();
    pool = new pg.Pool({ ...server.as("quality"), max: 2 });
    // A test ends connections.
    for (const one of [pool, admin]) one.on("error", () => undefined);
    for (const sql of ["CREATE WAREHOUSE WH", "CREATE DATABASE SOPHIA_AI", "CREATE SCHEMA SOPHIA_AI.STAGING"])
      await snowflake.client().query(sql);
    for (const [table, key] of [
      ["gong_calls_staging", "call_id"],
      ["gong_users_staging", "user_id"],
    ])
      await snowflake.client(place).query(`CREATE TABLE "${table}" ("${key}" VARCHAR, ${columns})`);
  }, 120_000);
  afterAll(async () => {
    await pool?.end();
    await admin?.end();
    await Promise.all([server?.stop(), snowflake?.close()]);
    if (folder) await rm(folder, { recursive: true });
  });

  /** Users and calls, of which `bad` have no start. Times are whole seconds, which no side rounds. */
  const fill = async (rows: number, bad = 0) => {
    await admin.query("TRUNCATE gong_calls_staging, gong_users_staging, sync_history, data_quality_metrics");
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
  };
  /** What Estuary would do. */
  const travel = async () => {
    for (const [table, key] of [
      ["gong_calls_staging", "call_id"],
      ["gong_users_staging", "user_id"],
    ]) {
      const { rows } = await admin.query(`SELECT ${key} AS key, _loaded_at AS at FROM ${table}`);
      const values = rows.map(({ key: id, at }) => `('${id}', '${at.toISOString()}')`).join(", ");
      await snowflake.client(place).query(`DELETE FROM "${table}"`);
      await snowflake.client(place).query(`INSERT INTO "${table}" SELECT * FROM VALUES ${values}`);
    }
  };
  const meterOf = (more: Partial<ConstructorParameters<typeof Meter>[0]> = {}) =>
    new Meter({
      pool,
      warehouse: snowflake.client(place),
      threshold: 95,
      maxLag: 900,
      warehouseInterval: 0,
      streams: gong,
      ...more,
    });
  const statusOf = async (stream: string) =>
    (await admin.query("SELECT * FROM pipeline_status WHERE stream = $1", [stream])).rows[0];

  test("streams that are well are ok, and everything that was measured is kept", async () => {
    await fill(40);
    await travel();
    await meterOf().run(signal);
    expect(await statusOf("gong_calls")).toMatchObject({
      state: "ok",
      rows: "40",
      warehouse_rows: "40",
      quality: 100,
      message: null,
    });
    const { rows } = await admin.query(
      "SELECT check_name, score FROM data_quality_metrics WHERE stream = 'gong_calls' ORDER BY 1",
    );
    expect(rows.map(({ check_name }) => check_name)).toEqual([
      "acceptance",
      "completeness:primary_user_id",
      "completeness:started_at",
      "counts",
      "freshness",
      "range:duration_s",
      "reference:primary_user_id",
      "uniqueness",
      "validity:call_id",
    ]);
  });

  test("below 95 % a stream is degraded, and its status says by what", async () => {
    await fill(40, 3);
    await travel();
    await meterOf().run(signal);
    const status = await statusOf("gong_calls");
    expect(status).toMatchObject({
      state: "degraded",
      quality: 92.5,
      message: "completeness:started_at 92.5 %",
    });
    // When it was last well stays.
    expect(status.last_success_at).not.toBeNull();
  });

  test("rows that are lost or twice on the way are found, rows under way are not", async () => {
    await fill(40);
    await travel();
    let clock = Date.now() / 1000;
    const meter = meterOf({
      now: () => clock,
      streams: gong.filter(({ stream }) => stream === "gong_calls"),
    });
    await snowflake.client(place).query(`DELETE FROM "gong_calls_staging" WHERE "call_id" = '9'`);
    const early = await meter.run(signal);
    expect(early.results.find(({ check }) => check === "counts")?.passed).toBe(true);
    clock += 901;
    const late = await meter.run(signal);
    expect(late.statuses[0]?.message).toContain("staging has 40 rows, the warehouse 39");

    await snowflake
      .client(place)
      .query(`INSERT INTO "gong_calls_staging" SELECT * FROM "gong_calls_staging" WHERE "call_id" = '8'`);
    expect((await meter.run(signal)).statuses[0]?.message).toContain("uniqueness rows are there twice");
  });

  test("a stream whose rows do not get on is late", async () => {
    await fill(40);
    await travel();
    await admin.query(
      "UPDATE gong_calls_staging SET title = 'new', _loaded_at = now() + interval '5 minutes' WHERE call_id = '1'",
    );
    const measured = await meterOf({ now: () => Date.now() / 1000 + 300 + 901 }).run(signal);
    expect(
      measured.statuses.map(({ stream, state, message }) => `${stream} ${state} ${message}`),
    ).toContainEqual(expect.stringContaining("gong_calls degraded freshness it is late"));
  });

  test("a failed run, a missing table and a warehouse that is down are told apart", async () => {
    await fill(5);
    await admin.query(
      `INSERT INTO sync_history (run_id, source, stream, status, started_at, message)
       VALUES (gen_random_uuid(), 'gong', 'gong_calls', 'failed', now() + interval '1 s', '401 from Gong')`,
    );
    await snowflake.control("faults", { down: "refuse" });
    const measured = await meterOf({ streams: streamChecks }).run(signal);
    await snowflake.control("faults", { down: null });
    expect(measured.warehouseReachable).toBe(false);
    const states = Object.fromEntries(
      measured.statuses.map(({ stream, state, message }) => [stream, [state, message]]),
    );
    expect(states.gong_calls).toEqual(["failed", "401 from Gong"]);
    expect(states.gong_users?.[1]).toContain("the warehouse cannot be read: Service Unavailable");
    expect(states.hubspot_deals).toEqual(["unknown", "its table is not there yet"]);
  });

  test("a column that is gone is a check that failed, not a run that failed", async () => {
    await fill(5);
    await travel();
    await admin.query("ALTER TABLE gong_users_staging RENAME COLUMN email TO mail");
    try {
      const measured = await meterOf().run(signal);
      expect(measured.statuses.find(({ stream }) => stream === "gong_users")).toMatchObject({
        state: "degraded",
        quality: 0,
        message: expect.stringContaining("completeness:email column email is not there"),
      });
    } finally {
      await admin.query("ALTER TABLE gong_users_staging RENAME COLUMN mail TO email");
    }
  });

  test("unchanged results are written once an hour, changed ones at once", async () => {
    await fill(5);
    await travel();
    let clock = Date.now() / 1000;
    const meter = meterOf({ now: () => clock, maxLag: 1e6 });
    const written = async () =>
      (await admin.query("SELECT count(*)::int AS n FROM data_quality_metrics")).rows[0].n;
    await meter.run(signal);
    const first = await written();
    await meter.run(signal);
    expect(await written()).toBe(first);
    await admin.query("UPDATE gong_users_staging SET email = 'nobody'");
    await meter.run(signal);
    expect(await written()).toBe(first + 1);
    clock += 3601;
    await meter.run(signal);
    expect(await written()).toBe(2 * first + 1);
  });

  test("P5 a slot that the warehouse was too long down for alerts before it is lost, and when it is", async () => {
    await fill(5);
    await travel();
    const root = await server.admin();
    const capture = new pg.Client(server.as("flow_capture"));
    await capture.connect();
    const look = async () => {
      const measured = await meterOf().run(signal);
      return [measured.slots[0]?.status, firing(measured).filter((alert) => alert.includes("Slot"))];
    };
    try {
      await capture.query("SELECT pg_create_logical_replication_slot('flow_slot', 'pgoutput')");
      // This server keeps 256 MB, which is less than the alert asks for.
      expect(await look()).toEqual(["reserved", ["PipelineSlotFillsUp flow_slot"]]);
      await waitFor({ what: "the slot to be lost", deadline: 60, interval: 0.01 }, async () => {
        for (const sql of ["CREATE TABLE w ()", "DROP TABLE w", "SELECT pg_switch_wal()"])
          await root.query(sql);
        await root.query("CHECKPOINT");
        const { rows } = await root.query("SELECT wal_status FROM pg_replication_slots");
        return rows[0].wal_status === "lost" ? true : notYet(rows[0].wal_status);
      });
      expect(await look()).toEqual(["lost", expect.arrayContaining(["PipelineSlotFillsUp flow_slot"])]);
    } finally {
      await root.query("SELECT pg_drop_replication_slot('flow_slot')");
      await Promise.all([root.end(), capture.end()]);
    }
    expect(firing(await meterOf().run(signal)).filter((alert) => alert.includes("Slot"))).toEqual([]);
  });

  test("O1 the job serves metrics, survives a lost database, and ends when it is told to", async () => {
    await fill(10, 1);
    await travel();
    const key = join(folder, "reader-key");
    await writeFile(key, snowflake.privateKey, { mode: 0o600 });
    const port = await freePort();
    const stop = new AbortController();
    const running = run(
      {
        ...server.environment("quality"),
        PORT: String(port),
        SOPHIA_QUALITY_INTERVAL: "0.2",
        SOPHIA_QUALITY_WAREHOUSE_INTERVAL: "0.2",
        SOPHIA_SNOWFLAKE_PRIVATE_KEY_FILE: key,
        SOPHIA_SNOWFLAKE_URL: snowflake.url,
        SOPHIA_SNOWFLAKE_USER: "SCOOBYJAVA15",
        SOPHIA_SNOWFLAKE_ROLE: "ACCOUNTADMIN",
        SOPHIA_SNOWFLAKE_WAREHOUSE: "WH",
      },
      stop.signal,
    );
    const metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const until = (wanted: RegExp) =>
      waitFor({ what: `the metric ${wanted}`, deadline: 120, interval: 0.1 }, async () => {
        const text = await metrics();
        return wanted.test(text) ? text : notYet(text);
      });
    const text = await until(/sophia_stream_state\{stream="gong_calls",source="gong",state="degraded"\} 1/);
    expect(text).toContain('sophia_stream_quality_percent{stream="gong_calls",source="gong"} 90');
    expect(text).toContain(
      'sophia_quality_check_passed{stream="gong_calls",check="completeness:started_at"} 0',
    );
    expect(text).toContain("sophia_warehouse_up 1");

    const root = await server.admin();
    const { rowCount } = await root.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pipeline-quality'",
    );
    await root.end();
    expect(rowCount).toBeGreaterThan(0);
    await admin.query("UPDATE gong_calls_staging SET started_at = now()");
    await until(/sophia_stream_state\{stream="gong_calls",source="gong",state="ok"\} 1/);
    stop.abort();
    await running;
  });
});
