import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStage, type Stage, signal } from "./stage.ts";

describe("what the quality checks keep in PostgreSQL", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  }, 600_000);
  afterAll(() => stage?.close());

  test("S1 what is older than it may be kept is deleted, rejected records too, and once an hour", async () => {
    await stage.fill(5);
    await stage.travel();
    const old = () =>
      stage.admin.query(
        `INSERT INTO error_logs (source, stream, key, reason, raw, occurred_at)
           VALUES ('gong', 'gong_calls', 'old', 'bad', '{"email": "x"}', now() - interval '31 days'),
                  ('gong', 'gong_calls', 'young', 'bad', '{"email": "x"}', now() - interval '29 days');
         INSERT INTO sync_history (run_id, source, stream, status, started_at)
           VALUES (gen_random_uuid(), 'gong', 'old', 'succeeded', now() - interval '31 days');
         INSERT INTO data_quality_metrics (stream, check_name, score, passed, measured_at)
           VALUES ('old', 'c', 1, true, now() - interval '31 days');
         INSERT INTO pipeline_status (stream, source, state) VALUES ('left_out', 'slack', 'ok')`,
      );
    const left = async () =>
      (
        await stage.admin.query(
          `SELECT key FROM error_logs UNION ALL SELECT 'run' FROM sync_history WHERE stream = 'old'
           UNION ALL SELECT 'result' FROM data_quality_metrics WHERE stream = 'old'
           UNION ALL SELECT stream FROM pipeline_status WHERE stream = 'left_out' ORDER BY 1`,
        )
      ).rows.map(({ key }) => key);
    let clock = Date.now() / 1000;
    const meter = stage.meterOf({ retentionDays: 30, now: () => clock });
    await old();
    await meter.run(signal);
    expect(await left()).toEqual(["young"]);
    await old();
    clock += 3000;
    await meter.run(signal);
    expect(await left()).toEqual(["old", "result", "run", "young", "young"]);
    clock += 700;
    await meter.run(signal);
    expect(await left()).toEqual(["young", "young"]);
  });

  test("unchanged results are written once an hour, changed ones at once", async () => {
    await stage.fill(5);
    await stage.travel();
    let clock = Date.now() / 1000;
    const meter = stage.meterOf({ now: () => clock, maxLag: 1e6 });
    const written = async () =>
      (await stage.admin.query("SELECT count(*)::int AS n FROM data_quality_metrics")).rows[0].n;
    await meter.run(signal);
    const first = await written();
    await meter.run(signal);
    expect(await written()).toBe(first);
    await stage.admin.query("UPDATE gong_users_staging SET email = 'nobody'");
    await meter.run(signal);
    expect(await written()).toBe(first + 1);
    clock += 3601;
    await meter.run(signal);
    expect(await written()).toBe(2 * first + 1);
  });
});
