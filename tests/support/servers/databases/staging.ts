import { openDatabase } from "../../../../mcp/servers/kit/postgres/database.ts";
import { startPostgres } from "./postgres.ts";

/** The pipeline's own tables, with the columns that the servers rely on. */
const ours = `
  CREATE SCHEMA staging;
  CREATE TABLE staging.pipeline_status (
    stream text PRIMARY KEY, state text NOT NULL, lag_seconds numeric, quality numeric, updated_at timestamptz NOT NULL);
  CREATE TABLE staging.data_quality_metrics (
    stream text NOT NULL, check_name text NOT NULL, score numeric NOT NULL, passed boolean, measured_at timestamptz NOT NULL);
  CREATE TABLE staging.sync_history (
    run_id text PRIMARY KEY, stream text NOT NULL, status text NOT NULL, started_at timestamptz NOT NULL,
    finished_at timestamptz, rows_written bigint, error text);
  CREATE TABLE staging.error_logs (
    id bigserial PRIMARY KEY, stream text NOT NULL, occurred_at timestamptz NOT NULL, reason text, raw jsonb);
  CREATE TABLE staging.gong_calls_staging (
    call_id text PRIMARY KEY, title text, url text, started_at timestamptz, duration_s int, primary_user_id text,
    direction text, is_private boolean, parties jsonb, _loaded_at timestamptz, _deleted_at timestamptz);
  CREATE TABLE staging.gong_call_deals (deal_id text, call_id text, started_at timestamptz);
  CREATE TABLE staging.gong_users_staging (
    user_id text PRIMARY KEY, email text, first_name text, last_name text, title text, active boolean,
    _loaded_at timestamptz, _deleted_at timestamptz);
  CREATE VIEW staging.gong_calls AS SELECT * FROM staging.gong_calls_staging;
  COMMENT ON TABLE staging.gong_calls_staging IS 'Calls of Gong.';`;

/** Logins: \`mcp\` as the platform makes it, and others that must be refused or fall short. */
const login = (name: string, password: string, more = "") =>
  `CREATE ROLE ${name} LOGIN PASSWORD '${password}' ${more};`;

/** A real PostgreSQL with an empty staging database, and the login that MCP servers use. */
export async function startStaging() {
  const server = await startPostgres();
  const password = Math.random().toString(36).slice(2);
  const root = await server.admin();
  await root.query("CREATE DATABASE sophia_staging");
  await root.query(
    login("mcp", password) + login("mighty", password, "CREATEROLE") + login("poor", password),
  );
  await root.query(`${login("broad", password)} GRANT pg_read_all_data TO broad`);
  await root.end();
  const admin = await server.admin("sophia_staging");
  await admin.query(
    "ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO mcp; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO mcp",
  );
  const connection = (user: string, timeout: number) => ({
    host: server.host,
    port: server.port,
    database: "sophia_staging",
    user,
    timeout,
    tls: "off" as const,
    password: () => password,
    application: "test",
  });
  return {
    admin,
    password,
    port: server.port,
    caFile: server.caFile,
    createTables: async () => {
      await admin.query(ours);
    },
    open: (user = "mcp", timeout = 5) => openDatabase(connection(user, timeout)),
    stop: async () => {
      await admin.end();
      await server.stop();
    },
  };
}
export type Staging = Awaited<ReturnType<typeof startStaging>>;
