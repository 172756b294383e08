import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { PG_MIGRATE_LOCK_ID, type RunnerOption, runner } from "node-pg-migrate";
import pg from "pg";
import { messageOf } from "../kit/errors.ts";
import type { Log } from "../kit/log.ts";
import { changedSince, noting } from "./checksums.ts";
import { statementsOf } from "./statements.ts";

/** A migration failed, and everything is as it was. */
class MigrationError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MigrationError";
  }
}

export interface Migrating {
  connection: pg.ClientConfig;
  /** Folder of SQL files, `<number>_<name>.sql`, run in the order of their numbers. */
  folder: string;
  log: Log;
  /** Seconds that a statement waits for a lock; also a second migration for this one. */
  lockTimeout: number;
}

/** Where it is kept which migrations were run. */
const bookkeeping = { migrationsSchema: "migrations", migrationsTable: "applied" } as const;

type Loader = Exclude<NonNullable<RunnerOption["migrationLoaderStrategies"]>[number]["loader"], string>;

/** Each statement by itself and with its place before it, which PostgreSQL's log then has, too. */
const load: Loader = (paths) =>
  Promise.all(
    paths.map(async (path) => {
      const text = await readFile(path, "utf8");
      const up = (pgm: { sql(text: string): void }) => {
        for (const { sql, line } of statementsOf(text)) pgm.sql(`-- ${basename(path)}:${line}\n${sql};`);
        for (const sql of noting(basename(path, ".sql"), text)) pgm.sql(sql);
      };
      return { id: path, filePaths: [path], actions: { up, down: false as const } };
    }),
  );

/**
 * Runs what was not run yet, in one transaction and under an advisory lock: a second one waits for the first.
 *
 * @returns names of the migrations that were run
 * @throws MigrationError with file, line and statement, or with the file that was changed after it was run
 */
export async function migrate({ connection, folder, log, lockTimeout }: Migrating): Promise<string[]> {
  const client = new pg.Client({ ...connection, lock_timeout: lockTimeout * 1000 });
  client.on("error", (error) => log("warn", "connection lost", { reason: error.message }));
  await client.connect();
  const guarded = watched(client);
  try {
    // Before the files are compared with what was run. The end of the connection releases it.
    await guarded.query(`SELECT pg_advisory_lock(${PG_MIGRATE_LOCK_ID})`);
    const changed = await changedSince(client, folder);
    if (changed.length > 0) {
      throw new MigrationError(
        `${changed.map((name) => `${name}.sql`).join(", ")} was changed after it was applied to this database, and is not applied again. ` +
          "Revert the change, and put it into a new file. Nothing was changed",
      );
    }
    const done = await runner({
      dir: folder,
      direction: "up",
      schema: "public",
      ...bookkeeping,
      createMigrationsSchema: true,
      singleTransaction: true,
      checkOrder: true,
      noLock: true,
      migrationLoaderStrategies: [{ extensions: [".sql"], loader: load }],
      // What failed is in the error below, whole.
      logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
      dbClient: guarded,
    });
    return done.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

/** The client, whose errors name the statement. */
function watched(client: pg.Client): pg.Client {
  const query = async (...args: [string, unknown[]?]) => {
    try {
      return await client.query(...args);
    } catch (cause) {
      throw new MigrationError(describe(cause, args[0]), { cause });
    }
  };
  const get = (target: pg.Client, key: string | symbol) =>
    key === "query" ? query : Reflect.get(target, key, target);
  return new Proxy(client, { get });
}

/** What went wrong, where, and what to do. Pure. */
function describe(cause: unknown, text: string): string {
  const [, file, first, sql] = /^-- (\S+):(\d+)\n([\s\S]*)$/.exec(text) ?? [];
  const said = messageOf(cause);
  const { position, detail, hint, code } = cause as Partial<pg.DatabaseError>;
  if (file === undefined || first === undefined || sql === undefined) {
    const todo =
      code === "55P03"
        ? "another migration holds the lock; see pg_stat_activity for pipeline-migrate"
        : "nothing was changed";
    return `the migrations could not be run, at ${firstLine(text)}: ${said}; ${todo}`;
  }
  const offset = Number(position ?? 0) - (text.length - sql.length) - 1;
  const line = Number(first) + (offset > 0 ? sql.slice(0, offset).split("\n").length - 1 : 0);
  const more = [detail, hint].filter((words) => words !== undefined).map((words) => `; ${words}`);
  return (
    `migration ${file} failed at line ${line}: ${said}${more.join("")}\n` +
    `statement, from line ${first}: ${sql.replace(/;$/, "")}\n` +
    "Nothing was changed: all of this run was rolled back. Correct the file, and update the stack."
  );
}

const firstLine = (text: string) => (text.length > 80 ? `${text.slice(0, 80)}…` : text).replaceAll("\n", " ");
