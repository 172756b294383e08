import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { notYet, waitFor } from "../../../../../components/core/wait.ts";
import { warehouseIdentifier } from "../../../../../data/quality/warehouse/identifiers.ts";
import { createPlane, type RunningPlane } from "../../../../../lab/saas/estuary/plane/create.ts";
import type { LiveSpecs } from "../../../../../lab/saas/estuary/plane/types.ts";
import { catalog, stagingTable, warehouseSpecs } from "../../../../support/pipeline/specs.ts";
import { startWarehouse, type TestWarehouse } from "../../../../support/pipeline/warehouse.ts";
import { startPostgres, type TestPostgres } from "../../../../support/servers/databases/postgres.ts";

const snowflake = {
  host: "znb04675.snowflakecomputing.com",
  database: "SOPHIA_AI",
  schema: "STAGING",
  timestamp_type: "TIMESTAMP_LTZ",
  hardDelete: true,
  credentials: { auth_type: "jwt" as const, user: "ESTUARY", private_key: "" },
  advanced: { no_flow_document: false },
};
/** The collection of a staging table, with another key. */
const key = (name: string, type: string) => {
  const { schema } = stagingTable("gong_calls");
  const { properties } = schema as { properties: Record<string, unknown> };
  const { _meta } = properties;
  return {
    key: [`/${name}`],
    schema: { ...schema, required: ["_meta", name], properties: { [name]: { type }, _meta } },
  };
};

/** A source, a warehouse and a plane between them; new for each test, on one PostgreSQL for each file. */
interface ReplicationStage {
  server: TestPostgres;
  source: pg.Client;
  warehouse: TestWarehouse;
  plane: RunningPlane;
  specs: LiveSpecs;
  /** Folder of what waits for the warehouse. */
  backlogs: string;
}

/** Registers the hooks of a file. @returns what is open, and probes of it */
export function replicationStage() {
  const stage = {} as ReplicationStage;
  const lines: string[] = [];

  beforeAll(async () => {
    stage.server = await startPostgres({
      wal_level: "logical",
      max_slot_wal_keep_size: "64MB",
      min_wal_size: "32MB",
      max_wal_size: "64MB",
      wal_keep_size: "0",
    });
    const root = await stage.server.admin();
    await root.query("CREATE ROLE flow_capture LOGIN REPLICATION PASSWORD 'for-tests'");
    await root.end();
  });
  afterAll(() => stage.server.stop());

  const newPlane = () =>
    createPlane({
      hubspotUrl: "http://127.0.0.1:9",
      slackUrl: "http://127.0.0.1:9",
      openWarehouse: stage.warehouse.open,
      backlogs: stage.backlogs,
      backoff: { first: 0.05, most: 0.3 },
      log: (line) => lines.push(line),
    });

  beforeEach(async () => {
    stage.backlogs = mkdtempSync(join(tmpdir(), "backlogs-"));
    const root = await stage.server.admin();
    await root.query("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active");
    await root.query("DROP DATABASE IF EXISTS sophia_staging WITH (FORCE)");
    await root.query("CREATE DATABASE sophia_staging");
    await root.end();
    stage.source = await stage.server.admin("sophia_staging");
    stage.source.on("error", () => {});
    await stage.source.query(`
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
    stage.warehouse = await startWarehouse(stage.server);
    const login = {
      address: `${stage.server.host}:${stage.server.port}`,
      user: "flow_capture",
      database: "sophia_staging",
      credentials: { auth_type: "UserPassword" as const, password: "for-tests" },
      advanced: { sslmode: "require", backfill_chunk_size: 100 },
    };
    stage.specs = warehouseSpecs(login, snowflake, {
      calls: key("call_id", "string"),
      people: key("id", "integer"),
    });
    stage.plane = newPlane();
  });
  afterEach(async () => {
    await stage.plane.close();
    await stage.source.end();
    await stage.warehouse.admin.end();
    rmSync(stage.backlogs, { recursive: true });
    lines.length = 0;
  });

  const eventually = (what: string, probe: () => Promise<unknown>, expected: unknown, deadline = 20) =>
    waitFor({ what: `${what} to be ${expected}`, deadline, interval: 0.05 }, async () => {
      const found = await probe();
      return String(found) === String(expected)
        ? true
        : notYet(`it is ${found}; ${lines.at(-1) ?? "nothing was logged"}`);
    });
  const first = async (client: pg.Client, sql: string): Promise<unknown> =>
    Object.values((await client.query(sql)).rows[0] ?? {})[0];
  const there = (sql: string, expected: unknown) =>
    eventually(sql, () => first(stage.warehouse.admin, sql).catch(() => "not there"), expected);
  /** Rows of both sides as one digest, in the columns that both have. */
  const digest = (client: pg.Client, table: string, columns: string) =>
    first(
      client,
      `SELECT count(*) || ' ' || coalesce(md5(string_agg(r::text, ',' ORDER BY r::text)), '') FROM (SELECT ${columns} FROM ${table}) r`,
    );
  const callColumns = "call_id, title, started_at, duration_s::numeric, big::numeric, note, at, ok";
  const inWarehouse = (columns: string) =>
    columns.replace(/\b(?<!::)\w+/g, (column) => warehouseIdentifier(column));
  const same = async (deadline?: number) => {
    for (const [table, columns] of [
      ["calls", callColumns],
      ["people", "id::numeric, name"],
    ] as const) {
      const expected = await digest(stage.source, table, columns);
      const there = `"STAGING".${warehouseIdentifier(table)}`;
      await eventually(
        table,
        () => digest(stage.warehouse.admin, there, inWarehouse(columns)).catch(() => "not there"),
        expected,
        deadline,
      );
    }
  };
  const failing = (pattern: RegExp, name = catalog.postgres) =>
    waitFor({ what: `${name} to fail`, deadline: 120, interval: 0.05 }, async () => {
      const { state, message = "" } = stage.plane.status(name);
      return state === "failed" && pattern.test(message)
        ? true
        : notYet(`${state} ${message}; logged ${lines.slice(-5).join(" | ")}`);
    });

  return { stage, newPlane, first, eventually, there, same, failing };
}
