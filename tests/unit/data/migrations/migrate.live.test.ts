import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LoginName } from "../../../../components/services/postgres/logins.ts";
import { changedSince } from "../../../../data/migrations/checksums.ts";
import { awaitRoles, run } from "../../../../data/migrations/main.ts";
import { migrate } from "../../../../data/migrations/migrate.ts";
import { run as publish, publishTables } from "../../../../data/migrations/publish.ts";
import {
  connected,
  type PipelineServer,
  startPipelineServer,
} from "../../../support/servers/databases/pipeline.ts";

describe("P3 migrations on real PostgreSQL", () => {
  let server: PipelineServer;
  let folder: string;
  beforeAll(async () => {
    server = await startPipelineServer();
    folder = await mkdtemp(join(tmpdir(), "migrations-"));
  }, 600_000);
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  const as = <T>(login: LoginName, work: (client: pg.Client) => Promise<T>) => connected(server, login, work);
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
});
