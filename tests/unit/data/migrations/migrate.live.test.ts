import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changedSince } from "../../../../data/migrations/checksums.ts";
import { awaitRoles, run } from "../../../../data/migrations/main.ts";
import { migrate } from "../../../../data/migrations/migrate.ts";
import { run as publish, publishTables } from "../../../../data/migrations/publish.ts";
import { type PipelineServer, startPipelineServer } from "../../../support/servers/databases/pipeline.ts";

describe("P3 migrations on real PostgreSQL", () => {
  let server: PipelineServer;
  let folder: string;
  beforeAll(async () => {
    server = await startPipelineServer();
    folder = await mkdtemp(join(tmpdir(), "migrations-"));
  }, 60_000);
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  const as = async <T>(
    login: Parameters<PipelineServer["as"]>[0],
    work: (client: pg.Client) => Promise<T>,
  ) => {
    const client = new pg.Client(server.as(login));
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  const tables = () =>
    as("pipeline", async (client) => {
      const { rows } = await client.query(
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
      );
      return rows.map(({ name }) => name as string);
    });
  const write = (name: string, sql: string) => writeFile(join(folder, name), sql);
  const changed = () => as("pipeline", (client) => changedSince(client, folder));
  const migrateFolder = () =>
    migrate({ connection: server.as("pipeline"), folder, log: () => undefined, lockTimeout: 5 });

  test("D2 a failed one leaves the database as it was, and says which statement failed", async () => {
    await write("0001_good.sql", "CREATE TABLE good (id int);");
    await write(
      "0002_bad.sql",
      "-- A comment; with a semicolon.\nCREATE TABLE half (id int);\n\nALTER TABLE half\n  ADD COLUMN oops nonsense;\n",
    );
    const failure = await migrateFolder().catch((error: Error) => error);
    expect(String(failure)).toContain(
      'migration 0002_bad.sql failed at line 5: type "nonsense" does not exist',
    );
    expect(String(failure)).toContain("statement, from line 4: ALTER TABLE half");
    expect(await tables()).toEqual([]);
    await rm(join(folder, "0002_bad.sql"));
    await rm(join(folder, "0001_good.sql"));
  });

  test("D2 killed while it notes what it ran, it has run nothing, so that no other file is taken for that", async () => {
    await write("0001_good.sql", "CREATE TABLE good (id int);");
    await as("pipeline", (client) =>
      client.query(`
        CREATE SCHEMA IF NOT EXISTS migrations;
        CREATE TABLE migrations.checksums
          (name text PRIMARY KEY, sha256 text NOT NULL, noted_at timestamptz NOT NULL DEFAULT now());
        CREATE FUNCTION migrations.die() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
        CREATE TRIGGER die BEFORE INSERT ON migrations.checksums EXECUTE FUNCTION migrations.die()`),
    );
    await expect(migrateFolder()).rejects.toThrow(/terminat/);
    expect(await tables()).toEqual([]);
    await as("pipeline", (client) => client.query("DROP FUNCTION migrations.die CASCADE"));
    await write("0001_good.sql", "CREATE TABLE good (id bigint);");
    expect(await migrateFolder()).toEqual(["0001_good"]);
    await write("0001_good.sql", "CREATE TABLE good (id int);");
    await expect(migrateFolder()).rejects.toThrow(/^0001_good\.sql was changed after it was applied/);
    await as("pipeline", (client) => client.query("DROP TABLE good; DROP SCHEMA migrations CASCADE"));
    await rm(join(folder, "0001_good.sql"));
  });

  test("D2 two at once run each migration once", async () => {
    const done = await Promise.all([server.migrate(), server.migrate()]);
    const files = await readdir(join(import.meta.dirname, "../../../../data/migrations/sql"));
    expect(done.map(({ length }) => length).sort()).toEqual([0, files.length]);
    expect(await tables()).toEqual(
      expect.arrayContaining([
        ...["gong_calls_staging", "gong_users_staging", "gong_crm_entities_staging"],
        ...["pipeline_status", "data_quality_metrics", "sync_history", "error_logs"],
      ]),
    );
    await run(server.environment("pipeline"));
  });

  test("D2 a file that was changed after it was run is refused by name; another comment in it is no change", async () => {
    const files = join(import.meta.dirname, "../../../../data/migrations/sql");
    await cp(files, folder, { recursive: true });
    const file = join(folder, "0002_gong.sql");
    const text = await readFile(file, "utf8");
    await writeFile(file, `-- Another word.\n${text}`);
    expect(await migrateFolder()).toEqual([]);
    await writeFile(file, `${text}\nALTER TABLE gong_users_staging ADD COLUMN later text;\n`);
    await expect(migrateFolder()).rejects.toThrow(/^0002_gong\.sql was changed after it was applied/);
    // An image of a release that has fewer files, or others.
    await rm(file);
    await rm(join(folder, "0003_capture.sql"));
    await rm(join(folder, "0004_rights.sql"));
    await write("0002_gong.sql", text);
    expect(await changed()).toEqual([]);
  });

  test("D2 the image of an earlier release, without the last file, changes nothing and does not fail", async () => {
    const files = join(import.meta.dirname, "../../../../data/migrations/sql");
    await cp(files, folder, { recursive: true });
    const last = (await readdir(folder)).sort().at(-1) ?? "";
    await rm(join(folder, last));
    const before = await tables();
    expect(await migrateFolder()).toEqual([]);
    expect(await tables()).toEqual(before);
    // What the later release noted is still there.
    await write(last, "CREATE TABLE another (id int);");
    expect(await changed()).toEqual([last.replace(/\.sql$/, "")]);
    await cp(files, folder, { recursive: true });
  });

  test("D2 roles that are not there yet are waited for, and named where they do not come", async () => {
    const root = await server.admin();
    await root.query("ALTER ROLE quality RENAME TO not_yet");
    try {
      await expect(awaitRoles(server.as("pipeline"), { seconds: 0 })).rejects.toThrow(
        /does not have quality after 0 s/,
      );
      const waiting = awaitRoles(server.as("pipeline"), { seconds: 60 });
      await root.query("ALTER ROLE not_yet RENAME TO quality");
      await waiting;
    } finally {
      await root.query(
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'not_yet') THEN ALTER ROLE not_yet RENAME TO quality; END IF; END $$",
      );
      await root.end();
    }
  });

  test("D2 Estuary's tables are published when they are there, and again when they were made again", async () => {
    await as("pipeline", async (client) => {
      expect(await publishTables(client)).toMatchObject({ added: [] });
    });
    const make = "CREATE TABLE hubspot_contacts_staging (id bigint PRIMARY KEY)";
    await as("flow_materialize", (client) => client.query(make));
    await publish(server.environment("pipeline"), new AbortController().signal);
    await as("pipeline", async (client) => {
      expect((await publishTables(client)).added).toEqual([]);
    });
    await as("flow_materialize", (client) => client.query(`DROP TABLE hubspot_contacts_staging; ${make}`));
    await as("pipeline", async (client) => {
      expect((await publishTables(client)).added).toEqual(["hubspot_contacts_staging"]);
    });
    await as("flow_capture", (client) => client.query("SELECT * FROM hubspot_contacts_staging"));
  });

  test("S1 the login of the MCP servers reads calls without the private ones, whatever the query does", async () => {
    const columns = (client: pg.Client, table: string) =>
      client.query(
        `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
         WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
        [table],
      );
    await as("pipeline", async (client) => {
      await client.query(
        `INSERT INTO gong_calls_staging (call_id, is_private, title, _run_id, _extracted_at, _row_hash)
         SELECT id, private, id || ' said', gen_random_uuid(), now(), ''
         FROM (VALUES ('open', false), ('private', true), ('unknown', NULL)) AS v (id, private)`,
      );
      expect((await columns(client, "gong_calls")).rows).toEqual(
        (await columns(client, "gong_calls_staging")).rows,
      );
    });
    await as("mcp_data", async (client) => {
      const { rows } = await client.query("SELECT call_id FROM gong_calls ORDER BY 1");
      expect(rows.map(({ call_id }) => call_id)).toEqual(["open", "unknown"]);
      // Without it a caller's condition may be asked about private rows first, and say in an error what they hold.
      const options = await client.query(
        "SELECT reloptions FROM pg_class WHERE oid = 'gong_calls'::regclass",
      );
      expect(options.rows[0].reloptions).toEqual(["security_barrier=true"]);
      expect((await client.query("SELECT FROM pg_stats WHERE attname = 'transcript'")).rowCount).toBe(0);
      // How fresh the table is, is no secret.
      expect((await client.query("SELECT max(_loaded_at) FROM gong_calls_staging")).rowCount).toBe(1);
    });
    await as("gong_loader", (client) => client.query("SELECT transcript FROM gong_calls_staging"));
  });

  const refused = [
    ["mcp_data", "SELECT transcript FROM gong_calls_staging"],
    ["mcp_business", "SELECT transcript FROM gong_calls_staging"],
    ["mcp_postgres", "SELECT transcript FROM gong_calls_staging"],
    ["mcp_data", "SELECT * FROM gong_calls_staging"],
    ["mcp_data", "INSERT INTO pipeline_state (source, stream, cursor) VALUES ('a', 'b', '{}')"],
    ["mcp_data", "SELECT raw FROM error_logs"],
    ["mcp_data", "CREATE TEMP TABLE mine (id int)"],
    ["mcp_data", "SELECT * FROM flow_watermarks"],
    ["gong_loader", "DELETE FROM gong_calls_staging"],
    ["gong_loader", "SELECT * FROM hubspot_contacts_staging"],
    ["gong_loader", "CREATE TABLE mine (id int)"],
    ["gong_loader", "DELETE FROM error_logs"],
    ["quality", "UPDATE gong_calls_staging SET title = ''"],
    ["quality", "DELETE FROM gong_calls_staging"],
    ["quality", "DELETE FROM pipeline_state"],
    ["flow_capture", "INSERT INTO gong_users_staging DEFAULT VALUES"],
    ["flow_capture", "SELECT * FROM error_logs"],
    ["flow_materialize", "SELECT * FROM gong_calls_staging"],
    ["probe", "SELECT * FROM pipeline_status"],
  ] as const;
  test.each(refused)("S1 %s may not %s", async (login, sql) => {
    await expect(as(login, (client) => client.query(sql))).rejects.toThrow(/permission denied|must be owner/);
  });

  const allowed = [
    ["mcp_data", "SELECT id, stream, reason FROM error_logs"],
    ["mcp_data", "SELECT * FROM pipeline_streams"],
    ["mcp_data", "SELECT * FROM hubspot_contacts_staging"],
    ["mcp_business", "SELECT * FROM hubspot_contacts_staging"],
    ["mcp_postgres", "SELECT * FROM pipeline_streams"],
    ["gong_loader", "CREATE TEMP TABLE load (LIKE gong_calls_staging) ON COMMIT DROP"],
    ["flow_materialize", "CREATE TEMP TABLE load (id int) ON COMMIT DROP"],
    [
      "gong_loader",
      `INSERT INTO pipeline_state (source, stream, cursor) VALUES ('a', 'b', '{}')
       ON CONFLICT (source, stream) DO UPDATE SET cursor = excluded.cursor`,
    ],
    ["gong_loader", "INSERT INTO error_logs (source, stream, reason) VALUES ('gong', 'gong_calls', 'test')"],
    [
      "quality",
      "INSERT INTO data_quality_metrics (stream, check_name, score, passed) VALUES ('s', 'c', 100, true)",
    ],
    [
      "quality",
      `INSERT INTO sync_history (run_id, source, stream, status) VALUES (gen_random_uuid(), 's', 's', 'succeeded')
       ON CONFLICT (run_id, stream) DO UPDATE SET rows_read = excluded.rows_read`,
    ],
    ["quality", "DELETE FROM error_logs WHERE occurred_at < now() - interval '90 days'"],
    ["quality", "SELECT * FROM hubspot_contacts_staging"],
    ["flow_capture", "INSERT INTO flow_watermarks VALUES ('flow_slot', 'x')"],
    ["flow_capture", "SELECT pg_create_logical_replication_slot('flow_slot', 'pgoutput')"],
    ["flow_capture", "SELECT pg_drop_replication_slot('flow_slot')"],
  ] as const;
  test.each(allowed)("%s may %s", async (login, sql) => {
    await as(login, (client) => client.query(sql));
  });
});
