import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { streamChecks } from "../../../../data/quality/checks/streams.ts";
import { openStage, type Stage, signal } from "./stage.ts";

/** Read once: an hour may end while the tests run. */
const hour = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000);
const streams = streamChecks.filter(({ source }) => source === "hubspot");

describe("what Estuary loads, in sync_history", () => {
  let stage: Stage;
  let estuary: pg.Client;
  beforeAll(async () => {
    stage = await openStage();
    estuary = new pg.Client(stage.server.as("flow_materialize"));
    estuary.on("error", () => undefined);
    await estuary.connect();
    await estuary.query("CREATE TABLE hubspot_deals_staging (id bigint PRIMARY KEY, _loaded_at timestamptz)");
  }, 600_000);
  afterAll(async () => {
    await estuary?.end();
    await stage?.close();
  });

  /** Records that were published so many minutes after the beginning of the hour that was `hours` ago. */
  const publish = (ids: number[], hours: number, minutes: number) =>
    estuary.query(
      `INSERT INTO hubspot_deals_staging
         SELECT id, $4::timestamptz + make_interval(hours => -$2::int, mins => $3)
           FROM unnest($1::bigint[]) id
       ON CONFLICT (id) DO UPDATE SET _loaded_at = excluded._loaded_at`,
      [ids, hours, minutes, hour],
    );
  const check = (retentionDays = 90) => stage.meterOf({ streams, retentionDays }).run(signal);
  const recorded = async () =>
    (
      await stage.admin.query(
        `SELECT source, stream, status, rows_read::int, rows_changed::int, rows_rejected::int,
                extract(epoch FROM started_at - $1)::int / 60 AS from,
                extract(epoch FROM finished_at - $1)::int / 60 AS to
           FROM sync_history ORDER BY started_at`,
        [hour],
      )
    ).rows.map(({ from, to, rows_changed, ...rest }) => {
      expect(rest).toEqual({
        source: "hubspot",
        stream: "hubspot_deals",
        status: "succeeded",
        rows_read: rows_changed,
        rows_rejected: 0,
      });
      return [from, to, rows_changed];
    });

  test("P3 each hour in which records were published is one row, however often the checks run", async () => {
    await check();
    expect(await recorded()).toEqual([]);
    await publish([1, 2, 3], 9, 10);
    await publish([4], 9, 40);
    await publish([5], 7, 0);
    await check();
    const first = [
      [-530, -500, 4],
      [-420, -420, 1],
    ];
    expect(await recorded()).toEqual(first);
    const at = () => stage.admin.query("SELECT xmin::text, run_id FROM sync_history ORDER BY started_at");
    const before = (await at()).rows;
    await check();
    // Not even written again.
    expect((await at()).rows).toEqual(before);

    // More of the same hour, one of the hour before that came late, and one of an hour that is over.
    await publish([6, 7], 7, 30);
    await publish([8], 8, 59);
    await publish([9], 9, 0);
    await check();
    expect(await recorded()).toEqual([first[0], [-421, -421, 1], [-420, -390, 3]]);

    // A record that changes again counts in both hours: it was loaded in both.
    await publish([6], 6, 5);
    await check();
    expect(await recorded()).toEqual([first[0], [-421, -421, 1], [-420, -390, 3], [-355, -355, 1]]);
    await publish([5, 7], 6, 6);
    await publish([10], 7, 45);
    await check();
    expect(await recorded()).toEqual([first[0], [-421, -421, 1], [-420, -375, 3], [-355, -354, 3]]);
  });

  test("P3 an hour of Estuary's says nothing of rejected records, and fails no stream", async () => {
    await publish([20], 1, 0);
    await check();
    await stage.admin.query("UPDATE sync_history SET status = 'failed', rows_rejected = rows_read");
    const { results, statuses } = await check();
    expect(results.map(({ check: name }) => name)).not.toContain("acceptance");
    expect(statuses.find(({ stream }) => stream === "hubspot_deals")?.message).not.toContain("last run");
    await stage.admin.query("DELETE FROM sync_history");
  });

  test("P3 what is deleted for its age is not written again", async () => {
    await estuary.query("TRUNCATE hubspot_deals_staging");
    await publish([1], 40 * 24, 0);
    await publish([2], 20 * 24, 0);
    await check(30);
    expect((await recorded()).map(([, , rows]) => rows)).toEqual([1]);
    // It deletes in its first run only, of two within an hour.
    const meter = stage.meterOf({ streams, retentionDays: 10 });
    for (const _ of [1, 2]) {
      await meter.run(signal);
      expect(await recorded()).toEqual([]);
    }
  });
});
