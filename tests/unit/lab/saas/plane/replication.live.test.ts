import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { notYet, waitFor } from "../../../../../components/core/wait.ts";
import { createPlane, type RunningPlane } from "../../../../../lab/saas/estuary/plane/create.ts";
import type { LiveSpecs } from "../../../../../lab/saas/estuary/plane.ts";
import { catalog, warehouseSpecs } from "../../../../support/pipeline/specs.ts";
import { startWarehouse, type TestWarehouse } from "../../../../support/pipeline/warehouse.ts";
import { startPostgres, type TestPostgres } from "../../../../support/servers/postgres.ts";

const snowflake = {
  host: "znb04675.snowflakecomputing.com",
  database: "SOPHIA_AI",
  schema: "STAGING",
  timestamp_type: "TIMESTAMP_LTZ",
  hardDelete: true,
  credentials: { auth_type: "jwt" as const, user: "ESTUARY", private_key: "" },
  advanced: { no_flow_document: true },
};
const key = (name: string, type: string) => ({
  key: [`/${name}`],
  schema: {
    type: "object",
    required: ["_meta", name],
    properties: {
      [name]: { type },
      _meta: { type: "object", properties: { op: { enum: ["c", "d", "u"] } } },
    },
  },
});

describe("PostgreSQL into the warehouse", () => {
  let server: TestPostgres;
  let source: pg.Client;
  let warehouse: TestWarehouse;
  let plane: RunningPlane;
  let specs: LiveSpecs;
  const said: string[] = [];

  beforeAll(async () => {
    server = await startPostgres({
      wal_level: "logical",
      max_slot_wal_keep_size: "64MB",
      min_wal_size: "32MB",
      max_wal_size: "64MB",
      wal_keep_size: "0",
    });
    const root = await server.admin();
    await root.query("CREATE ROLE flow_capture LOGIN REPLICATION PASSWORD 'for-tests'");
    await root.end();
  });
  afterAll(() => server.stop());

  const newPlane = () =>
    createPlane({
      hubspotUrl: "http://127.0.0.1:9",
      slackUrl: "http://127.0.0.1:9",
      openWarehouse: warehouse.open,
      backoff: { first: 0.05, most: 0.3 },
      log: (line) => said.push(line),
    });

  beforeEach(async () => {
    const root = await server.admin();
    await root.query("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active");
    await root.query("DROP DATABASE IF EXISTS sophia_staging WITH (FORCE)");
    await root.query("CREATE DATABASE sophia_staging");
    await root.end();
    source = await server.admin("sophia_staging");
    source.on("error", () => {});
    await source.query(`
      CREATE TABLE flow_watermarks (slot text PRIMARY KEY, watermark text);
      CREATE TABLE calls (call_id text PRIMARY KEY, title text, started_at timestamptz, duration_s int, big bigint,
        raw jsonb, note text, "_meta/op" text, at date, ok boolean, amount numeric);
      CREATE TABLE people (id bigint PRIMARY KEY, name text);
      GRANT SELECT ON ALL TABLES IN SCHEMA public TO flow_capture;
      GRANT ALL ON flow_watermarks TO flow_capture;
      CREATE PUBLICATION flow_publication FOR TABLE calls, people, flow_watermarks;
      INSERT INTO calls SELECT 'call-' || n, 'Call ' || n, '2026-11-20 10:00:00.123456+00', n, 9007199254740993 + n,
        '{"id": 12345678901234567890}', NULL, 'u', '2026-11-20', n % 2 = 0, 12.50 FROM generate_series(1, 1200) n;
      INSERT INTO people SELECT n, 'Person ' || n FROM generate_series(1, 500) n;`);
    warehouse = await startWarehouse(server);
    const login = {
      address: `${server.host}:${server.port}`,
      user: "flow_capture",
      database: "sophia_staging",
      credentials: { auth_type: "UserPassword" as const, password: "for-tests" },
      advanced: { sslmode: "require", backfill_chunk_size: 100 },
    };
    specs = warehouseSpecs(login, snowflake, {
      calls: key("call_id", "string"),
      people: key("id", "integer"),
    });
    plane = newPlane();
  });
  afterEach(async () => {
    await plane.close();
    await source.end();
    await warehouse.admin.end();
    said.length = 0;
  });

  const eventually = (what: string, probe: () => Promise<unknown>, expected: unknown, deadline = 20) =>
    waitFor({ what: `${what} to be ${expected}`, deadline, interval: 0.05 }, async () => {
      const found = await probe();
      return String(found) === String(expected)
        ? true
        : notYet(`it is ${found}; ${said.at(-1) ?? "nothing said"}`);
    });
  const first = async (client: pg.Client, sql: string): Promise<unknown> =>
    Object.values((await client.query(sql)).rows[0] ?? {})[0];
  const there = (sql: string, expected: unknown) =>
    eventually(sql, () => first(warehouse.admin, sql).catch(() => "not there"), expected);
  /** Rows of both sides as one digest, in the columns that both have. */
  const digest = (client: pg.Client, schema: string, table: string, columns: string) =>
    first(
      client,
      `SELECT count(*) || ' ' || coalesce(md5(string_agg(r::text, ',' ORDER BY r::text)), '') FROM (SELECT ${columns} FROM "${schema}"."${table}") r`,
    );
  const callColumns = "call_id, title, started_at, duration_s::numeric, big::numeric, note, at, ok";
  const same = async (deadline?: number) => {
    for (const [table, columns] of [
      ["calls", callColumns],
      ["people", "id::numeric, name"],
    ] as const) {
      const expected = await digest(source, "public", table, columns);
      await eventually(
        table,
        () => digest(warehouse.admin, "STAGING", table, columns).catch(() => "not there"),
        expected,
        deadline,
      );
    }
  };
  const failing = (pattern: RegExp, name = catalog.postgres) =>
    waitFor({ what: `${name} to fail`, deadline: 120, interval: 0.05 }, async () => {
      const { state, message = "" } = plane.status(name);
      return state === "failed" && pattern.test(message)
        ? true
        : notYet(`${state} ${message}; said ${said.slice(-5).join(" | ")}`);
    });

  test("P1 rows that are there, then inserts, updates and deletes are the same in the warehouse", async () => {
    plane.apply(specs);
    await same();
    await source.query(`
      INSERT INTO calls (call_id, title) VALUES ('new', E'tab\\tand\\nline');
      UPDATE calls SET title = 'changed', note = NULL WHERE duration_s <= 10;
      UPDATE calls SET call_id = 'renamed' WHERE call_id = 'call-20';
      DELETE FROM calls WHERE duration_s BETWEEN 30 AND 40;
      DELETE FROM people WHERE id = 7; INSERT INTO people VALUES (7, 'again'), (999, 'new')`);
    await same();
    expect(
      await first(warehouse.admin, `SELECT raw::text FROM "STAGING".calls WHERE call_id = 'call-1'`),
    ).toContain("12345678901234567890");
    await there(`SELECT "_meta~1op" || "_meta/op" FROM "STAGING".calls WHERE call_id = 'call-1'`, "uu");
    expect(plane.status(catalog.postgres).state).toBe("running");
  });

  test("P5 the warehouse breaks at every statement: nothing is lost, nothing is twice", async () => {
    plane.apply(specs);
    await same();
    for (let statements = 1; statements <= 20; statements++) {
      warehouse.trouble.failAfter = statements;
      await source.query(`
        INSERT INTO people VALUES (${1000 + statements}, 'x');
        UPDATE people SET name = 'round ${statements}' WHERE id < 20; DELETE FROM people WHERE id = ${20 + statements}`);
      await same();
    }
    expect(plane.status(catalog.warehouse).failures).toBeGreaterThan(5);
  });

  test("P5 while the warehouse is down the slot keeps what is not there yet, and lets it go afterwards", async () => {
    plane.apply(specs);
    await same();
    const confirmed = () =>
      first(source, "SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = 'flow_slot'");
    const mark = await first(source, "SELECT pg_current_wal_lsn()");
    warehouse.trouble.down = true;
    await source.query("UPDATE people SET name = 'meanwhile'");
    await failing(/down/, catalog.warehouse);
    const behind = `SELECT confirmed_flush_lsn <= '${mark}' FROM pg_replication_slots`;
    expect(await first(source, behind)).toBe(true);
    warehouse.trouble.down = false;
    await same();
    const here = await first(source, "SELECT pg_current_wal_lsn()");
    await eventually(
      "the slot to follow",
      () => first(source, `SELECT confirmed_flush_lsn >= '${here}' FROM pg_replication_slots`),
      true,
    );
    expect(await confirmed()).not.toBe(mark);
  });

  test("P5 PostgreSQL crashes while it is read and while it is followed", async () => {
    plane.apply(specs);
    await there(`SELECT count(*) > 100 FROM "STAGING".calls`, true);
    await server.crash();
    await server.start();
    source = await server.admin("sophia_staging");
    warehouse.admin = await server.admin("SOPHIA_AI");
    for (const client of [source, warehouse.admin]) client.on("error", () => {});
    await source.query(
      "UPDATE calls SET title = 'after the crash' WHERE duration_s < 50; DELETE FROM people WHERE id < 5",
    );
    await same();
  });

  test("P3 a large value that did not change stays in the warehouse", async () => {
    await source.query(
      "UPDATE calls SET note = (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 600) n) WHERE duration_s < 5",
    );
    plane.apply(specs);
    await same();
    await source.query("UPDATE calls SET title = 'short change' WHERE duration_s < 5");
    await source.query("UPDATE calls SET title = 'and another', note = 'small' WHERE duration_s = 4");
    await same();
    await there(`SELECT length(note) FROM "STAGING".calls WHERE call_id = 'call-1'`, 19200);
  });

  test("P3 columns that are added and dropped are followed, and a changed type is refused by name", async () => {
    plane.apply(specs);
    await same();
    await source.query(
      "ALTER TABLE people ADD COLUMN mood text; UPDATE people SET mood = 'fine' WHERE id = 3",
    );
    await there(`SELECT mood FROM "STAGING".people WHERE id = 3`, "fine");
    await source.query("ALTER TABLE people DROP COLUMN mood; INSERT INTO people VALUES (2000, 'later')");
    await there(`SELECT name FROM "STAGING".people WHERE id = 2000`, "later");
    await source.query(
      "ALTER TABLE people ALTER COLUMN name TYPE boolean USING true; INSERT INTO people VALUES (2001, false)",
    );
    await failing(/name was string and is now boolean/, catalog.warehouse);
    await source.query(
      "ALTER TABLE people ALTER COLUMN name TYPE text; UPDATE people SET name = 'text again'",
    );
    await there(`SELECT count(*) FROM "STAGING".people WHERE name = 'text again'`, 502);
  });

  test.each([
    ["lost", "SELECT pg_switch_wal(); CREATE TABLE IF NOT EXISTS w AS SELECT 1; DROP TABLE w;"],
    ["gone", ""],
  ])(
    "P5 a slot that is %s is said, and raised backfill counters make everything right",
    async (how, write) => {
      plane.apply(specs);
      await same();
      await plane.close();
      await source.query("DELETE FROM people WHERE id < 10; UPDATE people SET name = 'unseen' WHERE id = 11");
      if (how === "gone") await source.query("SELECT pg_drop_replication_slot('flow_slot')");
      else {
        await source.query("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
        await source.query("SELECT pg_reload_conf()");
        await waitFor({ what: "the slot to be lost", deadline: 120, interval: 0.1 }, async () => {
          for (const statement of `${write}CHECKPOINT`.split(";")) await source.query(statement);
          const status = await first(source, "SELECT wal_status FROM pg_replication_slots");
          return status === "lost" ? true : notYet(String(status));
        });
        await source.query("ALTER SYSTEM RESET max_slot_wal_keep_size");
        await source.query("SELECT pg_reload_conf()");
      }
      plane = newPlane();
      plane.apply(specs);
      await failing(/slot flow_slot .*raise the backfill counter/);
      const again = structuredClone(specs);
      for (const { bindings } of [
        ...Object.values(again.captures),
        ...Object.values(again.materializations),
      ]) {
        for (const binding of bindings) binding.backfill = 1;
      }
      plane.apply(again);
      await same();
      await source.query("INSERT INTO people VALUES (3000, 'after')");
      await same();
    },
  );

  test("P5 a truncated table and an unpublished one are said", async () => {
    plane.apply(specs);
    await same();
    await source.query("TRUNCATE people");
    await failing(/public.people was truncated/);
    const again = structuredClone(specs);
    for (const { bindings } of [...Object.values(again.captures), ...Object.values(again.materializations)]) {
      const [, people] = bindings;
      if (people) people.backfill = 1;
    }
    plane.apply(again);
    await same();
    await source.query("ALTER PUBLICATION flow_publication DROP TABLE people");
    await plane.close();
    plane = newPlane();
    plane.apply(again);
    await failing(/flow_publication lacks public.people/);
  });

  test("P4 a transaction of 30,000 rows arrives whole, while others write", async () => {
    plane.apply(specs);
    const other = await server.admin("sophia_staging");
    try {
      const big = source.query("INSERT INTO people SELECT n, 'big' FROM generate_series(10001, 40000) n");
      for (let n = 0; n < 40; n++)
        await other.query(`UPDATE calls SET title = 'turn ${n}' WHERE duration_s % 40 = ${n}`);
      await big;
    } finally {
      await other.end();
    }
    await same();
  });
});
