import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { migrate } from "../../../../data/migrations/migrate.ts";
import {
  connected,
  type PipelineServer,
  startPipelineServer,
} from "../../../support/servers/databases/pipeline.ts";

const sql = join(import.meta.dirname, "../../../../data/migrations/sql");

/** What Gong says a call was about. */
const about = (...deals: (string | number | null)[]) =>
  JSON.stringify([
    {
      system: "HubSpot",
      objects: [
        { objectType: "Account", objectId: "1", fields: [{ name: "Deal", value: "no" }] },
        ...deals.map((objectId) => ({ objectType: "Deal", objectId, fields: [] })),
      ],
    },
    { system: "HubSpot" },
  ]);

describe("deals of Gong's calls, on real PostgreSQL", () => {
  let server: PipelineServer;
  const load = <T>(work: (client: pg.Client) => Promise<T>) => connected(server, "gong_loader", work);
  const insert = (client: pg.Client, id: string, context: string | null, more = "false, NULL") =>
    client.query(
      `INSERT INTO gong_calls_staging (call_id, started_at, crm_context, is_private, _deleted_at, _run_id, _extracted_at, _row_hash)
       SELECT $1, '2026-11-20T10:00:00Z', $2, ${more}, gen_random_uuid(), now(), ''`,
      [id, context],
    );
  const set = (what: string) => load((client) => client.query(`UPDATE gong_calls_staging SET ${what}`));
  const links = () =>
    connected(server, "mcp_business", async (client) => {
      const { rows } = await client.query<{ link: string }>(
        "SELECT deal_id || ' ' || call_id AS link FROM gong_call_deals ORDER BY 1",
      );
      return rows.map(({ link }) => link);
    });
  const asOwner = (text: string) => connected(server, "pipeline", (client) => client.query(text));

  beforeAll(async () => {
    server = await startPipelineServer();
    const folder = await mkdtemp(join(tmpdir(), "call-deals-"));
    const earlier = (await readdir(sql)).filter((name) => name < "0009");
    for (const name of earlier) await cp(join(sql, name), join(folder, name));
    await migrate({ connection: server.as("pipeline"), folder, log: () => undefined, lockTimeout: 20 });
    await rm(folder, { recursive: true });
  }, 600_000);
  afterAll(() => server.stop());

  test("D2 calls that are there when the table comes are in it", async () => {
    await load(async (client) => {
      await insert(client, "there", about("7", "8"));
      await insert(client, "private", about("7"), "true, NULL");
      await insert(client, "gone", about("7"), "false, now()");
    });
    await server.migrate();
    expect(await links()).toEqual(["7 there", "8 there"]);
  });

  describe("once it is there", () => {
    beforeEach(() => asOwner("TRUNCATE gong_calls_staging"));

    test("D2 a loaded call is in it, once for each deal, whatever else its context has", async () => {
      expect(await links()).toEqual([]);
      await load(async (client) => {
        await insert(client, "a", about("7", "7", "8", null));
        await insert(client, "b", about(9));
        await insert(client, "c", about());
        await insert(client, "d", null);
        await insert(client, "e", '{"objects": "none"}');
        await insert(client, "f", about("7"), "NULL, NULL");
      });
      expect(await links()).toEqual(["7 a", "7 f", "8 a", "9 b"]);
      const { rows } = await asOwner("SELECT DISTINCT started_at FROM gong_call_deals");
      expect(rows).toEqual([{ started_at: new Date("2026-11-20T10:00:00Z") }]);
    });

    test("D2 it follows what a call becomes: of another deal, at another time, marked as deleted, back, erased", async () => {
      await load(async (client) => {
        await insert(client, "a", about("7"));
        await insert(client, "b", about("7"));
      });
      await set(`crm_context = '${about("8")}', started_at = '2026-11-21T10:00:00Z' WHERE call_id = 'a'`);
      expect(await links()).toEqual(["7 b", "8 a"]);
      const moved = await asOwner("SELECT started_at FROM gong_call_deals WHERE call_id = 'a'");
      expect(moved.rows).toEqual([{ started_at: new Date("2026-11-21T10:00:00Z") }]);
      await set("_deleted_at = now() WHERE call_id = 'a'");
      expect(await links()).toEqual(["7 b"]);
      await set("_deleted_at = NULL WHERE call_id = 'a'");
      expect(await links()).toEqual(["7 b", "8 a"]);
      await asOwner("DELETE FROM gong_calls_staging WHERE call_id = 'a'");
      expect(await links()).toEqual(["7 b"]);
    });

    test("S1 a call that becomes private leaves it, and one that is not is back", async () => {
      await load((client) => insert(client, "a", about("7")));
      await set("is_private = true");
      expect(await links()).toEqual([]);
      await set("is_private = false");
      expect(await links()).toEqual(["7 a"]);
    });

    test("S1 the extractor may not write it, nor have another table written in its place", async () => {
      await expect(load((client) => client.query("DELETE FROM gong_call_deals"))).rejects.toThrow(
        /permission denied/,
      );
      await load(async (client) => {
        await client.query(
          "CREATE TEMP TABLE gong_call_deals (deal_id text, call_id text, started_at timestamptz)",
        );
        await insert(client, "a", about("7"));
      });
      expect(await links()).toEqual(["7 a"]);
    });
  });
});
