import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { streamChecks } from "../../../../data/quality/checks/streams.ts";
import { holding } from "../../../support/pipeline/alerts.ts";
import { openStage, type Stage, signal } from "./stage.ts";

describe("P3 quality checks on real PostgreSQL and the lab's Snowflake", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  }, 600_000);
  afterAll(() => stage?.close());

  test("streams that are well are ok, and everything that was measured is kept", async () => {
    await stage.fill(40);
    await stage.travel();
    await stage.meterOf().run(signal);
    expect(await stage.statusOf("gong_calls")).toMatchObject({
      state: "ok",
      rows: "40",
      warehouse_rows: "40",
      quality: 100,
      message: null,
    });
    const { rows } = await stage.admin.query(
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
      "volume",
    ]);
  });

  test("below 95 % a stream is degraded, and its status says by what", async () => {
    await stage.fill(40, 3);
    await stage.travel();
    await stage.meterOf().run(signal);
    const status = await stage.statusOf("gong_calls");
    expect(status).toMatchObject({
      state: "degraded",
      quality: 92.5,
      message: "completeness:started_at: 92.5 %",
    });
    // When it was last well stays.
    expect(status.last_success_at).not.toBeNull();
  });

  test("P3 P5 a value that no longer comes shows in the rows of the last day, however many older ones have it", async () => {
    await stage.fill(1000);
    await stage.admin.query("UPDATE gong_calls_staging SET _loaded_at = now() - interval '2 days'");
    const lose = (rows: number) =>
      stage.admin.query(
        "UPDATE gong_calls_staging SET started_at = NULL, _loaded_at = now() WHERE call_id::int <= $1",
        [rows],
      );
    // A few say nothing.
    await lose(19);
    await stage.travel();
    const few = await stage.meterOf().run(signal);
    expect(few.statuses[0]).toMatchObject({ state: "ok", quality: 98.1 });
    await lose(20);
    const enough = await stage.meterOf().run(signal);
    expect(enough.statuses[0]).toMatchObject({
      state: "degraded",
      quality: 0,
      message: "completeness:started_at: 0 % of the 20 rows loaded within a day",
    });
    expect(holding(enough)).toContain("PipelineStreamDegraded gong_calls");
    // The source sends it again: the rows of today are right.
    await stage.admin.query("UPDATE gong_calls_staging SET started_at = now() WHERE call_id::int <= 20");
    expect((await stage.meterOf().run(signal)).statuses[0]?.state).toBe("ok");
  });

  test("rows that are lost or twice on the way are found, rows under way are not", async () => {
    await stage.fill(40);
    await stage.travel();
    let clock = Date.now() / 1000;
    const meter = stage.meterOf({
      now: () => clock,
      streams: streamChecks.filter(({ stream }) => stream === "gong_calls"),
    });
    await stage.warehouse.query("DELETE FROM gong_calls_staging WHERE call_id = '9'");
    const early = await meter.run(signal);
    expect(early.results.find(({ check }) => check === "counts")?.passed).toBe(true);
    clock += 1801;
    const late = await meter.run(signal);
    expect(late.statuses[0]?.message).toContain("staging had 40 rows, the warehouse 39");

    await stage.warehouse.query(
      "INSERT INTO gong_calls_staging SELECT * FROM gong_calls_staging WHERE call_id = '8'",
    );
    expect((await meter.run(signal)).statuses[0]?.message).toContain("uniqueness: rows are duplicated");
  });

  test("P3 a table that was emptied, marked as deleted or never filled is not well", async () => {
    await stage.fill(40);
    await stage.travel();
    const stateOf = async () => {
      const { statuses } = await stage.meterOf().run(signal);
      const [calls] = statuses;
      return [calls?.state, calls?.quality, calls?.message];
    };
    expect(await stateOf()).toEqual(["ok", 100, undefined]);
    await stage.admin.query("UPDATE gong_calls_staging SET _deleted_at = now() WHERE call_id::int > 12");
    expect(await stateOf()).toEqual(["degraded", 30, "volume: rows fell from 40 to 12 within a day"]);
    await stage.admin.query(
      "UPDATE data_quality_metrics SET measured_at = now() - interval '25 h'; DELETE FROM gong_calls_staging",
    );
    await stage.warehouse.query("DELETE FROM gong_calls_staging");
    expect(await stateOf()).toEqual(["degraded", 0, "volume: no rows"]);
  });

  test("a stream whose rows do not get on is late", async () => {
    await stage.fill(40);
    await stage.travel();
    await stage.admin.query(
      "UPDATE gong_calls_staging SET title = 'new', _loaded_at = now() + interval '5 minutes' WHERE call_id = '1'",
    );
    const measured = await stage.meterOf({ now: () => Date.now() / 1000 + 300 + 901 }).run(signal);
    expect(
      measured.statuses.map(({ stream, state, message }) => `${stream} ${state} ${message}`),
    ).toContainEqual(expect.stringContaining("gong_calls degraded freshness: the stream is late"));
  });

  test("P5 an extractor that never ran, and one that got nowhere for days, alert", async () => {
    await stage.fill(5);
    await stage.travel();
    let clock = Date.now() / 1000;
    const meter = stage.meterOf({ now: () => clock });
    await stage.admin.query(
      "DELETE FROM sync_history; DELETE FROM pipeline_state WHERE stream = 'gong_calls'",
    );
    expect(holding(await meter.run(signal))).toEqual([]);
    clock += 901;
    await stage.readThrough(new Date((clock - 3 * 86_400) * 1000));
    await stage.admin.query(
      `DELETE FROM pipeline_state WHERE stream = 'gong_calls';
       INSERT INTO sync_history (run_id, source, stream, status, message)
         VALUES (gen_random_uuid(), 'gong', 'gong_users', 'degraded', 'Gong did not complete: 503')`,
    );
    const measured = await meter.run(signal);
    expect(holding(measured)).toEqual([
      "PipelineStreamDegraded gong_users",
      "PipelineStreamFailed gong_calls",
      "PipelineStreamLate gong_calls",
      "PipelineStreamLate gong_users",
    ]);
    expect(measured.statuses.map(({ message, lag }) => [message, Math.round(lag ?? 0)])).toEqual([
      ["nothing was ever read: no run of its extractor has completed", 901],
      ["freshness: the stream is late; its last run: Gong did not complete: 503", 3 * 86_400],
    ]);
  });

  test("P3 a bad record that is read again and again is one record, and no field is one", async () => {
    await stage.fill(5);
    await stage.admin.query(
      `INSERT INTO sync_history (run_id, source, stream, status, started_at, rows_read, rows_rejected)
         SELECT gen_random_uuid(), 'gong', 'gong_calls', 'degraded', now() + i * interval '1 s', 10, 1
           FROM generate_series(1, 36) i;
       INSERT INTO error_logs (source, stream, key, reason, raw) VALUES
         ('gong', 'gong_calls', '9', 'does not match Gong''s documentation', '{"a": 1}'),
         ('gong', 'gong_calls', '9', 'does not match Gong''s documentation', '{"a": 2}'),
         ('gong', 'gong_calls', NULL, 'does not match Gong''s documentation', '{"b": 1}'),
         ('gong', 'gong_calls', 'metaData.language', 'field no longer sent', 'null'),
         ('gong', 'gong_calls', 'metaData.mood', 'new field', 'null')`,
    );
    const measured = await stage.meterOf().run(signal);
    expect(measured.logged.get("gong_calls")).toEqual({ rejected: 2, added: 1, gone: 1, changed: 0 });
    const acceptance = measured.results.find(({ check }) => check === "acceptance");
    expect(acceptance).toMatchObject({ score: 90, observed: 1, passed: false });
  });

  test("a failed run, a missing table and a warehouse that is down are told apart", async () => {
    await stage.fill(5);
    await stage.admin.query(
      `INSERT INTO sync_history (run_id, source, stream, status, started_at, message)
       VALUES (gen_random_uuid(), 'gong', 'gong_calls', 'failed', now() + interval '1 s', '401 from Gong')`,
    );
    await stage.snowflake.control("faults", { down: "refuse" });
    const measured = await stage.meterOf({ streams: streamChecks }).run(signal);
    await stage.snowflake.control("faults", { down: null });
    expect(measured.warehouseReachable).toBe(false);
    const states = Object.fromEntries(
      measured.statuses.map(({ stream, state, message }) => [stream, [state, message]]),
    );
    expect(states.gong_calls).toEqual(["failed", "401 from Gong"]);
    expect(states.gong_users?.[1]).toContain("the warehouse cannot be read: Service Unavailable");
    expect(states.hubspot_deals).toEqual(["unknown", "its table does not exist yet"]);
  });

  test("a column that is gone is a check that failed, not a run that failed", async () => {
    await stage.fill(5);
    await stage.travel();
    await stage.admin.query("ALTER TABLE gong_users_staging RENAME COLUMN email TO mail");
    try {
      const measured = await stage.meterOf().run(signal);
      expect(measured.statuses.find(({ stream }) => stream === "gong_users")).toMatchObject({
        state: "degraded",
        quality: 0,
        message: expect.stringContaining("completeness:email: column email does not exist"),
      });
    } finally {
      await stage.admin.query("ALTER TABLE gong_users_staging RENAME COLUMN mail TO email");
    }
  });
});
