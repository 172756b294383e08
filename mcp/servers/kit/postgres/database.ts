import { readFileSync } from "node:fs";
import pg from "pg";
import type { Log } from "../log.ts";
import { ToolError } from "../tool.ts";
import { type ConnectionTarget, databaseError } from "./errors.ts";

export interface Connection extends ConnectionTarget {
  /** Read at each connection. */
  password: () => string;
  /** `verify` checks the server's certificate and name. */
  tls: "verify" | "off";
  /** File with the authority (PEM) to trust instead of the system's. */
  caFile?: string | undefined;
  /** Shown in `pg_stat_activity`. */
  application: string;
  log?: Log;
}

export type Row = Record<string, unknown>;
/** Runs one statement; `values` are its `$1`, `$2`, …. */
export type Query = <R extends Row = Row>(text: string, values?: unknown[]) => Promise<R[]>;

/** A database that can be read and not changed. */
export interface Database {
  readonly target: ConnectionTarget;
  /**
   * Runs statements in one READ ONLY transaction that is rolled back, each within the timeout. Nothing of it stays in
   * the session.
   *
   * @param callers set where a statement is the caller's own, with what was put before it, as for `databaseError`
   * @throws ToolError
   */
  read<T>(
    signal: AbortSignal | undefined,
    work: (query: Query) => Promise<T>,
    callers?: { prefix: number },
  ): Promise<T>;
  close(): Promise<void>;
}

/** Texts of date and time without a zone; a JavaScript date would move them to this machine's. */
const asText = new Set<number>([pg.types.builtins.DATE, pg.types.builtins.TIMESTAMP]);

const types = {
  getTypeParser: ((oid: number, format?: "text" | "binary") =>
    asText.has(oid)
      ? (value: string) => value
      : pg.types.getTypeParser(oid, format as "text")) as typeof pg.types.getTypeParser,
};

/** Limits the statements that follow in a transaction. */
const limit = `
  SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', '2s', true),
    set_config('idle_in_transaction_session_timeout', '60s', true),
    set_config('client_connection_check_interval', '1s', true)`;

/**
 * Limits a transaction, and reads what the login may do beyond reading. With its first row the transaction has a
 * snapshot, after which PostgreSQL itself refuses to make it writable.
 */
const enter = `${limit},
    set_config('timezone', 'UTC', true),
    array_remove(ARRAY[
      CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
      CASE WHEN r.rolcreatedb THEN 'CREATEDB' END, CASE WHEN r.rolreplication THEN 'REPLICATION' END,
      CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END], NULL)
    || ARRAY(SELECT p.rolname::text FROM pg_catalog.pg_roles p
       WHERE p.rolname IN ('pg_write_all_data', 'pg_execute_server_program', 'pg_read_server_files',
         'pg_write_server_files', 'pg_signal_backend')
       AND NOT r.rolsuper AND pg_has_role(r.oid, p.oid, 'member')) AS mighty,
    has_table_privilege('pg_catalog.pg_authid', 'SELECT') AS reads_passwords
  FROM pg_catalog.pg_roles r WHERE r.rolname = session_user`;

/** Bytes that PostgreSQL may send for one `read`: rows, and errors, which quote values of any length. */
const maxReceived = 16_000_000;

/** Ends the connection once it received more than that. @returns ends the count */
function countReceived({ connection: { stream } }: Pick<pg.Client, "connection">): () => void {
  let received = 0;
  const count = (chunk: Buffer) => {
    received += chunk.length;
    if (received <= maxReceived) return;
    const what = `PostgreSQL sent more than ${maxReceived} bytes`;
    stream.destroy(new ToolError(what, "Ask for less: fewer rows, or parts of long values."));
  };
  stream.on("data", count);
  return () => void stream.off("data", count);
}

/** Connections at most. */
const size = 4;

/** Connects when first asked, with few connections, which are closed when idle. */
export function openDatabase(connection: Connection): Database {
  const { host, port, database, user, timeout, tls, caFile } = connection;
  const target: ConnectionTarget = { host, port, database, user, timeout };
  const pool = new pg.Pool({
    host,
    port,
    database,
    user,
    password: async () => connection.password(),
    ssl: tls === "off" ? false : { rejectUnauthorized: true, ...(caFile && { ca: readFileSync(caFile) }) },
    application_name: connection.application,
    max: size,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: 5_000,
    // The server's own timeout comes first; this one is for a server that no longer answers.
    query_timeout: (timeout + 5) * 1000,
    types,
  });
  // Where nothing listens, a connection that breaks ends the process; the pool itself listens to idle ones only.
  const lost = (error: Error) => connection.log?.("warn", "connection lost", { reason: error.message });
  pool.on("error", lost);
  let lent = 0;
  pool.on("acquire", (client) => {
    lent += 1;
    client.on("error", lost);
  });
  pool.on("release", (_error, client) => {
    lent -= 1;
    client.off("error", lost);
  });
  return {
    target,
    close: () => pool.end(),
    async read(signal, work, callers) {
      signal?.throwIfAborted();
      // The pool makes such clients; its type tells less.
      let client: pg.PoolClient & Pick<pg.Client, "connection">;
      try {
        client = (await pool.connect()) as typeof client;
      } catch (cause) {
        throw lent === size ? allTaken(cause) : databaseError(cause, target);
      }
      let spent = false;
      // A destroyed connection is noticed by PostgreSQL within a second, which then stops the statement.
      const stop = () => {
        spent = true;
        client.release(true);
      };
      signal?.addEventListener("abort", stop, { once: true });
      const uncount = countReceived(client);
      const send: Query = async (text, values = []) =>
        // The extended protocol takes exactly one statement, even without values.
        (await client.query({ text, values, queryMode: "extended" } as pg.QueryConfig)).rows;
      const patience = [`${Math.round(timeout * 1000)}ms`];
      const query: Query = async (text, values) => {
        // A caller's statement that runs in parts may change settings in one part; the limits hold for the next, too.
        if (callers) await send(limit, patience);
        return send(text, values);
      };
      try {
        await client.query("BEGIN TRANSACTION READ ONLY");
        const [login] = await send<Login>(enter, patience);
        if (!login) throw new Error(`PostgreSQL does not know who ${user} is`);
        refuseMighty(user, login, callers !== undefined);
        return await work(query);
      } catch (cause) {
        signal?.throwIfAborted();
        throw databaseError(cause, target, callers?.prefix);
      } finally {
        signal?.removeEventListener("abort", stop);
        if (!spent) {
          // Where even that fails, the connection is of no more use.
          const broken = await leave(client).then(
            () => false,
            () => true,
          );
          client.release(broken);
        }
        uncount();
      }
    },
  };
}

/** The pool itself says only that it waited in vain. */
const allTaken = (cause: unknown): ToolError =>
  new ToolError(
    `All ${size} connections of this server to PostgreSQL are in use by other calls`,
    "Try again in a minute.",
    { cause },
  );

/** Ends the transaction, and what outlives one: advisory locks, for which the pipeline would wait. */
async function leave(client: pg.PoolClient): Promise<void> {
  await client.query("ROLLBACK");
  await client.query("DISCARD ALL");
}

interface Login extends Row {
  /** Rights that go beyond reading. */
  mighty: string[];
  /** `pg_read_all_data` includes the digests of all passwords; no statement of ours asks for them. */
  reads_passwords: boolean;
}

function refuseMighty(user: string, { mighty, reads_passwords }: Login, callersStatement: boolean): void {
  if (mighty.length > 0) {
    throw new ToolError(
      `The login ${user} may do more than read (${mighty.join(", ")})`,
      "Set SOPHIA_POSTGRES_USER to one that may only read, such as mcp_data.",
    );
  }
  if (callersStatement && reads_passwords) {
    throw new ToolError(
      `The login ${user} may read the password digests of all logins, so it may not run statements of callers`,
      "Take it out of pg_read_all_data and grant it SELECT on the schemas it needs; the other tools work meanwhile.",
    );
  }
}
