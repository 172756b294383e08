import { readFileSync } from "node:fs";
import pg from "pg";
import { type PostgresEnvironment, readSecret } from "./environment.ts";

/** How a job connects: over TLS that is checked, named after the job in `pg_stat_activity`. */
export function connectionOf(job: string, environment: PostgresEnvironment): pg.ClientConfig {
  const { SOPHIA_POSTGRES_CA_FILE: caFile, SOPHIA_POSTGRES_USER: user } = environment;
  return {
    host: environment.SOPHIA_POSTGRES_HOST,
    port: environment.SOPHIA_POSTGRES_PORT,
    database: environment.SOPHIA_POSTGRES_DATABASE,
    user,
    password: readSecret(job, environment.SOPHIA_POSTGRES_PASSWORD_FILE, `password of the login ${user}`),
    ssl:
      environment.SOPHIA_POSTGRES_TLS === "off"
        ? false
        : { rejectUnauthorized: true, ...(caFile && { ca: readFileSync(caFile) }) },
    application_name: `pipeline-${job}`,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  };
}

/** Few connections, which are closed when idle. */
export function openPool(connection: pg.ClientConfig, onLost: (reason: string) => void, max = 2): pg.Pool {
  const pool = new pg.Pool({ ...connection, max, idleTimeoutMillis: 30_000 });
  // Where nothing listens, a connection that breaks ends the process; the pool itself listens to idle ones only.
  const lost = (error: Error) => onLost(error.message);
  pool.on("error", lost);
  pool.on("acquire", (client) => client.on("error", lost));
  pool.on("release", (_error, client) => client.off("error", lost));
  return pool;
}

/**
 * Runs `work` in one transaction: all of it is there afterwards, or nothing.
 *
 * @param client a client that has no other user at the same time
 */
export async function inTransaction<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query("BEGIN");
  try {
    const result = await work();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    // If the rollback fails too, the connection is lost and PostgreSQL rolls back; the first error is the cause.
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
