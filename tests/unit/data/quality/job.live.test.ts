import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { pipelineSettings } from "../../../../components/settings/sections/pipeline.ts";
import { openPool } from "../../../../data/kit/database.ts";
import { run } from "../../../../data/quality/main.ts";
import { holding, Watch } from "../../../support/pipeline/alerts.ts";
import { freePort } from "../../../support/servers/ports.ts";
import { openStage, type Stage, signal } from "./stage.ts";

const root = join(import.meta.dirname, "../../../..");
const settingsOf = (stack: string) => {
  const { config } = parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8"));
  return pipelineSettings.parse(config["sophia-infra:pipeline"]);
};

describe("P5 the quality job and what it raises, over time", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  }, 600_000);
  afterAll(() => stage?.close());

  /** Time that only the test lets pass, from a whole second on. */
  const startClock = () => {
    const clock = { now: Math.floor(Date.now() / 1000) };
    return { clock, moment: (ago = 0) => new Date((clock.now - ago) * 1000) };
  };

  const stacks = [
    // Seconds that the warehouse is behind, by its settings and what a transaction takes; seconds between two runs.
    { stack: "prod", behind: 300, step: 60 },
    { stack: "dev", behind: 15 * 60 + 300, step: 300 },
  ];
  test.each(stacks)(
    "P4 with $stack's settings a table that grows without end raises nothing, and one that gets stuck does",
    async ({ stack, behind, step }) => {
      await stage.fill(1);
      const { quality } = settingsOf(stack);
      const [maxLag, warehouseInterval] = [quality.maxLagMinutes * 60, quality.warehouseIntervalSeconds];
      const { clock, moment } = startClock();
      const watch = new Watch(maxLag);
      const meter = stage.meterOf({ now: () => clock.now, warehouseInterval, maxLag });
      let looked = Number.NEGATIVE_INFINITY;
      /** A step in which a row came. The warehouse has what was in staging so long ago; left out: what it had. */
      const go = async (ago?: number) => {
        clock.now += step;
        await stage.admin.query(
          `INSERT INTO gong_calls_staging (call_id, started_at, duration_s, primary_user_id, _run_id, _extracted_at, _loaded_at, _row_hash)
         VALUES ($1, now(), 60, '7', gen_random_uuid(), now(), $2, '')`,
          [String(clock.now), moment()],
        );
        await stage.readThrough(moment(300));
        // Nobody sees the warehouse between two looks.
        if (ago !== undefined && clock.now - looked >= warehouseInterval) {
          await stage.travel(moment(ago));
          looked = clock.now;
        }
        const measured = await meter.run(signal);
        return {
          why: JSON.stringify(measured.statuses),
          fired: watch.see(measured),
          results: measured.results,
        };
      };
      // Until counts were judged by a whole window at two looks.
      for (let passed = 0; passed <= 2 * maxLag + 2 * warehouseInterval; passed += step) {
        const { fired, results, why } = await go(behind);
        expect(fired, `after ${passed} s: ${why}`).toEqual([]);
        expect(results.some(({ check }) => check === "counts")).toBe(true);
      }
      let stuck = 0;
      let fired: string[] = [];
      while (fired.length === 0 && stuck < maxLag + warehouseInterval + 120 + step) {
        ({ fired } = await go());
        stuck += step;
      }
      expect(fired, `stuck for ${stuck} s`).toContain("PipelineStreamLate gong_calls");
    },
  );

  test("P5 a slot alerts when little of its room is left, and when it is lost, not before", async () => {
    await stage.fill(5);
    await stage.travel();
    const root = await stage.server.admin();
    const capture = new pg.Client(stage.server.as("flow_capture"));
    capture.on("error", () => undefined);
    await capture.connect();
    const meter = stage.meterOf();
    const look = async () => {
      const measured = await meter.run(signal);
      const [slot] = measured.slots;
      const alerts = holding(measured).filter((alert) => alert.includes("Slot"));
      return { slot, room: (slot?.safeBytes ?? 0) / (slot?.limitBytes ?? 0), alerts };
    };
    const write = async () => {
      for (const sql of ["CREATE TABLE w ()", "DROP TABLE w", "SELECT pg_switch_wal()"])
        await root.query(sql);
    };
    const fires = ["PipelineSlotFillsUp flow_slot"];
    try {
      await capture.query("SELECT pg_create_logical_replication_slot('flow_slot', 'pgoutput')");
      // This server keeps 256 MB for it, in segments of 16 MB.
      const healthy = await look();
      expect(healthy).toMatchObject({ slot: { status: "reserved", limitBytes: 2 ** 28 }, alerts: [] });
      expect(healthy.room).toBeGreaterThan(0.9);
      for (let segments = 0; segments < 11; segments += 1) await write();
      const half = await look();
      expect(half.room).toBeLessThan(0.5);
      expect(half.alerts).toEqual([]);
      for (let segments = 0; segments < 3; segments += 1) await write();
      const filling = await look();
      expect(filling.slot?.status).not.toBe("lost");
      expect(filling.alerts).toEqual(fires);
      await waitFor({ what: "the slot to be lost", deadline: 240, interval: 0.01 }, async () => {
        await write();
        await root.query("CHECKPOINT");
        const { rows } = await root.query("SELECT wal_status FROM pg_replication_slots");
        return rows[0].wal_status === "lost" ? true : notYet(rows[0].wal_status);
      });
      expect(await look()).toMatchObject({ slot: { status: "lost" }, alerts: fires });
    } finally {
      await root.query("SELECT pg_drop_replication_slot('flow_slot')");
      await Promise.all([root.end(), capture.end()]);
    }
    expect((await look()).alerts).toEqual([]);
  });

  test("O1 a connection that is lost while a run holds it is told, and does not end the process", async () => {
    const lost: string[] = [];
    const pool = openPool({ ...stage.server.as("quality"), application_name: "held" }, (reason) =>
      lost.push(reason),
    );
    const client = await pool.connect();
    const root = await stage.server.admin();
    await root.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'held'",
    );
    await root.end();
    await expect.poll(() => lost.join(), { timeout: 60_000 }).toMatch(/terminat/);
    client.release();
    expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });

  test("O1 the job serves metrics, survives a lost database, and ends when it is told to", async () => {
    await stage.fill(10, 1);
    await stage.travel();
    const key = join(stage.folder, "reader-key");
    await writeFile(key, stage.snowflake.privateKey, { mode: 0o600 });
    const port = await freePort();
    const stop = new AbortController();
    const running = run(
      {
        ...stage.server.environment("quality"),
        PORT: String(port),
        SOPHIA_QUALITY_INTERVAL: "0.2",
        SOPHIA_QUALITY_WAREHOUSE_INTERVAL: "0.2",
        SOPHIA_SNOWFLAKE_ACCOUNT: "ZNB04675",
        SOPHIA_SNOWFLAKE_PRIVATE_KEY_FILE: key,
        SOPHIA_SNOWFLAKE_URL: stage.snowflake.url,
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

    const root = await stage.server.admin();
    const { rowCount } = await root.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pipeline-quality'",
    );
    await root.end();
    expect(rowCount).toBeGreaterThan(0);
    await stage.admin.query("UPDATE gong_calls_staging SET started_at = now()");
    await until(/sophia_stream_state\{stream="gong_calls",source="gong",state="ok"\} 1/);
    stop.abort();
    await running;
  });
});
