import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { allRoles, type LoginName } from "../../../../components/services/postgres/logins.ts";
import { migrate } from "../../../../data/migrations/migrate.ts";
import { type Database, openDatabase } from "../../../../mcp/servers/kit/postgres/database.ts";
import { startPostgres } from "./postgres.ts";

const database = "sophia_staging";

/** Real PostgreSQL with logical decoding and the platform's roles, owned as in the cluster. */
export async function startPipelineServer(): Promise<{
  /** How a login connects. */
  as(login: LoginName): pg.ClientConfig;
  /** Connections of a login. One that the server ends while nobody uses it, as when it stops, fails no test. */
  pool(login: LoginName, max?: number): pg.Pool;
  /** The environment of a job of data/ that runs as this login. */
  environment(login: LoginName): Record<string, string>;
  host: string;
  port: number;
  /** What an MCP server reads with this login. */
  open(login: LoginName): Database;
  admin(): ReturnType<Awaited<ReturnType<typeof startPostgres>>["admin"]>;
  /** Runs the migrations of the repository. */
  migrate(): Promise<string[]>;
  stop(): Promise<void>;
}> {
  const server = await startPostgres({
    wal_level: "logical",
    max_slot_wal_keep_size: "256MB",
    wal_sender_timeout: "10s",
  });
  const folder = mkdtempSync(join(tmpdir(), "pipeline-"));
  const password = randomBytes(12).toString("hex");
  writeFileSync(join(folder, "password"), password, { mode: 0o600 });
  const root = await server.admin();
  for (const { name, replication, group } of allRoles) {
    const login = group ? "NOLOGIN" : `LOGIN PASSWORD '${password}'`;
    await root.query(`CREATE ROLE ${name} ${login} ${replication ? "REPLICATION" : ""}`);
  }
  for (const { name, memberOf } of allRoles) {
    for (const role of memberOf) await root.query(`GRANT ${role} TO ${name}`);
  }
  await root.query(`CREATE DATABASE ${database} OWNER pipeline`);
  await root.end();
  const as = (login: LoginName): pg.ClientConfig => ({
    host: server.host,
    port: server.port,
    database,
    user: login,
    password,
    ssl: false,
  });
  return {
    as,
    pool: (login, max) => {
      const pool = new pg.Pool({ ...as(login), ...(max !== undefined && { max }) });
      pool.on("error", () => undefined);
      return pool;
    },
    environment: (login) => ({
      SOPHIA_POSTGRES_HOST: server.host,
      SOPHIA_POSTGRES_PORT: String(server.port),
      SOPHIA_POSTGRES_DATABASE: database,
      SOPHIA_POSTGRES_USER: login,
      SOPHIA_POSTGRES_PASSWORD_FILE: join(folder, "password"),
      SOPHIA_POSTGRES_TLS: "off",
    }),
    host: server.host,
    port: server.port,
    open: (login) =>
      openDatabase({
        host: server.host,
        port: server.port,
        database,
        user: login,
        password: () => password,
        tls: "off",
        application: "test",
        timeout: 10,
      }),
    admin: () => server.admin(database),
    migrate: () =>
      migrate({
        connection: as("pipeline"),
        folder: join(import.meta.dirname, "../../../../data/migrations/sql"),
        log: () => undefined,
        lockTimeout: 20,
      }),
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
export type PipelineServer = Awaited<ReturnType<typeof startPipelineServer>>;

/** What `work` returns, given a connection of a login, which is closed after it. */
export async function connected<T>(
  server: Pick<PipelineServer, "as">,
  login: LoginName,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client(server.as(login));
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
