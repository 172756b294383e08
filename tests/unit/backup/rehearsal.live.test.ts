import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { backupQueries } from "../../../components/backup/monitored.ts";
import { messageOf } from "../../../components/core/errors.ts";
import { databases, ownerOf } from "../../../components/services/postgres/logins.ts";
import { backupSettings } from "../../../components/settings/sections/backup.ts";
import { atRedis, redisCommands, shellBlock } from "../../support/backupPage.ts";
import { type Stage, startStage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  for (const database of databases) await sql(database, content(ownerOf(database)));
}, 900_000);
afterAll(() => stage?.stop());

/** Of every kind that the platform has, of more than one owner, and with what only its owner may read. */
const content = (owner: string) => `
  SET ROLE ${owner};
  CREATE SCHEMA rehearsal;
  CREATE TABLE rehearsal.calls (id bigserial PRIMARY KEY, body text NOT NULL, at timestamptz DEFAULT now());
  INSERT INTO rehearsal.calls (body) SELECT md5(n::text) || E'\\t\\u00e4\\n' FROM generate_series(1, 5000) n;
  CREATE INDEX ON rehearsal.calls (at);
  CREATE TABLE rehearsal.parts (at date, body jsonb) PARTITION BY RANGE (at);
  CREATE TABLE rehearsal.parts_2026 PARTITION OF rehearsal.parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  INSERT INTO rehearsal.parts VALUES ('2026-05-01', '{"a": 1}');
  CREATE VIEW rehearsal.recent AS SELECT * FROM rehearsal.calls WHERE id > 4990;
  CREATE MATERIALIZED VIEW rehearsal.counted AS SELECT count(*) FROM rehearsal.calls;
  CREATE FUNCTION rehearsal.twice(n int) RETURNS int LANGUAGE sql AS 'SELECT 2 * n';
  CREATE SEQUENCE rehearsal.numbers START 42; SELECT nextval('rehearsal.numbers');
  GRANT USAGE ON SCHEMA rehearsal TO quality; GRANT SELECT ON rehearsal.calls TO quality;
  RESET ROLE;
  CREATE TABLE rehearsal.of_another (secret text); ALTER TABLE rehearsal.of_another OWNER TO cache;
  INSERT INTO rehearsal.of_another VALUES ('kept');`;

async function sql<Row extends object>(database: string, text: string): Promise<Row[]> {
  const admin = await stage.server.admin(database);
  try {
    return (await admin.query<Row>(text)).rows;
  } finally {
    await admin.end();
  }
}

const runs = async () => {
  const [made] = await sql<{ made: boolean }>(
    "sophia_monitoring",
    "SELECT to_regclass('backups.runs') IS NOT NULL made",
  );
  return made?.made
    ? sql<{ snapshot: string; bytes: string; bytes_added: string }>(
        "sophia_monitoring",
        "SELECT snapshot, bytes, bytes_added FROM backups.runs ORDER BY finished_at",
      )
    : [];
};
const snapshots = () =>
  JSON.parse(stage.restic("snapshots", "--json")) as { id: string; hostname: string; time: string }[];

/** What PostgreSQL's exporter would say of backups, with no more rights than it has. */
async function exported(): Promise<object[]> {
  const [query] = Object.values(
    backupQueries(backupSettings.parse({ repository: "s3:https://s3.example.com/backups/prod" })),
  );
  const { predicate_query, query: text } = query as Record<string, string>;
  const as = "BEGIN; SET LOCAL ROLE pg_monitor; SET LOCAL search_path TO pg_catalog, public, pg_temp;";
  const ask = async (asked = "") => {
    const admin = await stage.server.admin("sophia_monitoring");
    try {
      await admin.query(as);
      return (await admin.query<Record<string, unknown>>(asked)).rows;
    } finally {
      await admin.end();
    }
  };
  const [predicate = {}] = await ask(predicate_query);
  return Object.values(predicate)[0] === true ? ask(text) : [];
}

/** Everything of a database, as its superuser reads it. */
const whole = (database: string) =>
  stage
    .asSuperuser(`pg_dump --quote-all-identifiers ${database}`)
    // Two keys against each other's text, made anew for each dump.
    .replaceAll(/^\\(un)?restrict .*$/gm, "");

describe("backups, by the pods' own programs", () => {
  test("D4 what was destroyed is back by the runbook's commands: every database, whole, and Redis", async () => {
    stage.redis().ask("set", "kept", "as it was");
    expect(await exported()).toEqual([]);
    const before = databases.map(whole);
    expect(before[0]).toContain("pipeline_status");
    expect(stage.backup()).toMatchObject({ failed: undefined });
    expect(await runs()).toMatchObject([{ snapshot: snapshots()[0]?.id }]);
    const [metric] = (await exported()) as { last_success: string; bytes: string }[];
    expect(Math.abs(Number(metric?.last_success) - Date.now() / 1000)).toBeLessThan(3600);
    expect(Number(metric?.bytes)).toBeGreaterThan(100_000);

    for (const database of databases) {
      await sql("postgres", `DROP DATABASE ${database}`);
      await sql("postgres", `CREATE DATABASE ${database} OWNER ${ownerOf(database)}`);
    }
    stage.redis().ask("flushall");
    stage.redis().ask("set", "later", "than the backup");

    expect(stage.fetch()).toMatchObject({ failed: undefined });
    expect(stage.byThePage(shellBlock("cronjob/backup-fetch"))).not.toContain("failed");
    const block = shellBlock("pg_restore --clean").replace("for database in", "$& sophia_staging");
    expect(stage.byThePage(block)).not.toContain("failed");
    expect(databases.map(whole)).toEqual(before);
    expect(await runs()).toEqual([]);
    expect(await sql("sophia_monitoring", "SELECT count(*)::int FROM rehearsal.calls")).toEqual([
      { count: 5000 },
    ]);

    const redis = stage.redis();
    const inRedis = (script: string) =>
      redis.started.ask("sh", ["-ec", atRedis(script, stage.redisFolder, redis.port)]);
    inRedis(`exec <${stage.local("/backup/dumps/redis.rdb")}; ${redisCommands.prepare}`);
    const ended = once(redis.started.process, "exit");
    try {
      inRedis(redisCommands.exchange);
    } catch (error) {
      // The container ends with Redis, mostly before the command has.
      expect(messageOf(error)).toContain("Command failed");
    }
    await ended;
    await stage.restarted();
    expect(stage.redis().ask("get", "kept")).toBe("as it was");
    expect(stage.redis().ask("exists", "later")).toBe("0");
  });

  test("D4 a second backup stores what is new, and the setting thins out this stack's alone", async () => {
    const file = join(stage.folder, "file");
    writeFileSync(file, "of another time");
    const old = (host: string, day: number) =>
      stage.restic("backup", "--host", host, "--time", `2020-01-0${day} 02:30:00`, file);
    for (const day of [1, 2, 3]) old("prod", day);
    old("other", 1);
    const much =
      "INSERT INTO rehearsal.calls (body) SELECT md5(random()::text) FROM generate_series(1, 150000)";
    await sql("sophia_analytics", much);
    expect(stage.backup({ daily: 3, weekly: 0, monthly: 0 })).toMatchObject({ failed: undefined });
    const days = () => snapshots().map(({ hostname, time }) => `${hostname} ${time.slice(0, 10)}`);
    const today = `prod ${new Date().toISOString().slice(0, 10)}`;
    expect(days()).toEqual(["other 2020-01-01", "prod 2020-01-02", "prod 2020-01-03", today, today]);
    expect(stage.backup({ daily: 1, weekly: 0, monthly: 0 })).toMatchObject({ failed: undefined });
    // Those of the last three days stay beside the last.
    expect(days()).toEqual(["other 2020-01-01", today, today, today]);
    const recorded = (await runs()).at(-1);
    expect(recorded?.snapshot).toBe(snapshots().at(-1)?.id);
    expect(Number(recorded?.bytes)).toBeGreaterThan(5_000_000);
    expect(Number(recorded?.bytes_added)).toBeLessThan(Number(recorded?.bytes) / 4);
  });

  test("D4 rows that the login may not see make the run fail, which stores and records nothing", async () => {
    const before = [snapshots(), await runs()];
    await sql("sophia_cache", "ALTER TABLE rehearsal.calls ENABLE ROW LEVEL SECURITY");
    const run = stage.backup();
    await sql("sophia_cache", "ALTER TABLE rehearsal.calls DISABLE ROW LEVEL SECURITY");
    expect(run.failed).toBe("postgres");
    expect(run.said).toMatch(/row-level security.*"calls"/);
    expect(run.said).toContain("could not read all of database sophia_cache");
    expect([snapshots(), await runs()]).toEqual(before);
  });

  test("D4 each other fault ends the run at its step, with a message that names it", async () => {
    const before = [snapshots(), await runs()];
    const faulty = (path: string, text: string) => {
      const put = stage.exchange(path, text);
      const run = stage.backup();
      put();
      return run;
    };
    const password = faulty("/run/secrets/backup/password", "another");
    expect(password.failed).toBe("open");
    expect(password.said).toMatch(/is not opened by the secret backupPassword/);
    const redis = faulty("/run/secrets/redis/password", "another");
    expect(redis.failed).toBe("redis");
    expect(redis.said).toContain("WRONGPASS");
    expect(redis.said).toContain("could not copy Redis at 127.0.0.1");
    const nobody = faulty("/scripts/repository", "s3:http://127.0.0.1:1/backups/prod\n");
    expect(nobody.failed).toBe("open");
    expect(nobody.said).toMatch(/connection refused/);
    expect(nobody.said).toMatch(/gave no answer that restic could use.*backupAccessKeyId/);
    expect([snapshots(), await runs()]).toEqual(before);
    const record = faulty("/run/secrets/record/password", "another");
    expect(record.failed).toBe("record");
    expect(record.said).toMatch(/is stored, but its success could not be recorded in sophia_monitoring/);
    expect(await runs()).toEqual(before[1]);
  });

  test("S1 the login of backups reads everything, and changes nothing", async () => {
    const asBackup = (statement: string) => stage.asLogin("backup", "sophia_staging", statement);
    expect(asBackup("SELECT count(*) FROM rehearsal.of_another")).toContain("1");
    for (const statement of [
      "INSERT INTO rehearsal.calls (body) VALUES ('x')",
      "DELETE FROM rehearsal.calls",
      "SELECT nextval('rehearsal.numbers')",
      "CREATE SCHEMA mine",
      "SET ROLE pipeline",
    ])
      expect(() => asBackup(statement), statement).toThrow(/permission denied/);
  });
});
