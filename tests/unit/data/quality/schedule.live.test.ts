import { afterAll, beforeAll, expect, test } from "vitest";
import { paceOf, runOnLoads } from "../../../../data/quality/schedule/pace.ts";
import { writtenTo } from "../../../../data/quality/schedule/written.ts";
import { openStage, type Stage, signal, streams } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 600_000);
afterAll(() => stage?.close());

/** Has PostgreSQL count now what the test's session wrote, instead of within ten seconds. */
const counted = () => stage.admin.query("SELECT pg_stat_force_next_flush()");

test("P3 PostgreSQL's counters start checks after a load, long before the interval, and not where nothing came", async () => {
  await stage.fill(20);
  await stage.travel();
  await counted();
  const pool = stage.server.pool("quality", 1);
  const meter = stage.meterOf();
  const stop = new AbortController();
  const clock = { now: 0 };
  const runs: { at: number; rows: number | undefined; state: string | undefined }[] = [];
  const loads = new Map([
    [
      600,
      'INSERT INTO gong_calls_staging SELECT (c).* FROM (SELECT jsonb_populate_record(c, \'{"call_id": "21"}\') AS c FROM gong_calls_staging c LIMIT 1) one',
    ],
    [1200, "UPDATE gong_calls_staging SET started_at = NULL"],
    [1800, "DELETE FROM gong_calls_staging WHERE call_id = '21'"],
    // A run that stored nothing.
    [2400, "UPDATE sync_history SET finished_at = now() + interval '1 s' WHERE stream = 'gong_calls'"],
  ]);
  try {
    await runOnLoads({
      // An hour, of which only the test lets time pass.
      pace: { ...paceOf(3600), look: 60, spacing: 60 },
      signal: stop.signal,
      now: () => clock.now,
      async run() {
        const { statuses } = await meter.run(signal);
        const calls = statuses.find(({ stream }) => stream === "gong_calls");
        runs.push({ at: clock.now, rows: calls?.rows, state: calls?.state });
        return true;
      },
      look: () => writtenTo(pool, streams),
      async wait(seconds) {
        clock.now += seconds;
        const load = loads.get(clock.now);
        if (load !== undefined) {
          expect((await stage.admin.query(load)).rowCount).toBeGreaterThan(0);
          await counted();
        }
        if (clock.now >= 3000) stop.abort();
      },
    });
  } finally {
    await pool.end();
  }
  expect(runs).toEqual([
    { at: 0, rows: 20, state: "ok" },
    { at: 660, rows: 21, state: "ok" },
    { at: 1260, rows: 21, state: "degraded" },
    { at: 1860, rows: 20, state: "degraded" },
    { at: 2460, rows: 20, state: "degraded" },
  ]);
});
