import { join } from "node:path";
import type pg from "pg";
import { z } from "zod";
import { connectPatiently, type Patience } from "../kit/connect.ts";
import { connectionOf } from "../kit/database.ts";
import { postgresEnvironment, readEnvironment } from "../kit/environment.ts";
import { jsonLog } from "../kit/log.ts";
import { pause } from "../kit/pause.ts";
import { roles } from "./constants.ts";
import { migrate } from "./migrate.ts";

const job = "migrate";

/** What the job reads of its environment. */
export const migrationEnvironment = postgresEnvironment.extend({
  /** Seconds that a statement waits for a lock, and one migration for another. */
  SOPHIA_MIGRATIONS_LOCK_TIMEOUT: z.coerce.number().positive().default(60),
});

/** Seconds that PostgreSQL and its operator may take: each failed job costs minutes until an update says so. */
const patience = 180;

/** Brings the database to the schema that this image knows. */
export async function run(environment: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<void> {
  const settings = readEnvironment(job, migrationEnvironment, environment);
  const log = jsonLog(job);
  const connection = connectionOf(job, settings);
  await awaitRoles(connection, { seconds: patience, ...(signal && { signal }) });
  const done = await migrate({
    connection,
    folder: join(import.meta.dirname, "sql"),
    log,
    lockTimeout: settings.SOPHIA_MIGRATIONS_LOCK_TIMEOUT,
  });
  log("info", done.length > 0 ? "schema changed" : "schema is up to date", { migrations: done });
}

/** Waits for the roles, which PostgreSQL's operator makes after the server. @throws naming those that did not come */
export async function awaitRoles(connection: pg.ClientConfig, { seconds = 30, signal }: Patience) {
  const end = performance.now() + seconds * 1000;
  const client = await connectPatiently(connection, { seconds, ...(signal && { signal }) });
  try {
    for (;;) {
      const { rows } = await client.query<{ name: string }>(
        `SELECT name FROM unnest($1::text[]) AS name WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
         UNION ALL
         SELECT 'membership of ' || session_user || ' in flow_materialize' WHERE EXISTS
           (SELECT FROM pg_roles WHERE rolname = 'flow_materialize' AND NOT pg_has_role(session_user, oid, 'usage'))`,
        [roles],
      );
      if (rows.length === 0) return;
      if (performance.now() >= end) {
        throw new Error(
          `PostgreSQL does not have ${rows.map(({ name }) => name).join(", ")} after ${seconds} s; its operator creates what ` +
            "components/services/postgres/logins.ts lists: check managedRolesStatus of the Cluster postgres",
        );
      }
      await pause(1, signal);
    }
  } finally {
    await client.end();
  }
}
