import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresValues } from "../../../components/services/postgres/values.ts";
import { postgresSettings } from "../../../components/settings/sections/services.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/databases/postgres.ts";
import { only, render } from "../render.ts";

interface Initdb {
  database: string;
  owner: string;
  postInitTemplateSQL: string[];
  postInitApplicationSQL: string[];
}

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
  const objects = render("postgres", "data", postgresValues(postgresSettings.parse({}), "local-path"));
  const { bootstrap } = only(objects, "Cluster").spec as { bootstrap: { initdb: Initdb } };
  // As CloudNativePG does: first `template1`, then the application's database.
  const template = await server.admin("template1");
  for (const statement of bootstrap.initdb.postInitTemplateSQL) await template.query(statement);
  await template.end();
  const admin = await server.admin();
  await admin.query("CREATE ROLE reader LOGIN PASSWORD 'reads'");
  const { owner, database } = bootstrap.initdb;
  await admin.query(`CREATE ROLE ${owner}`);
  await admin.query(`CREATE DATABASE ${database} OWNER ${owner}`);
  for (const statement of bootstrap.initdb.postInitApplicationSQL) await admin.query(statement);
  await admin.end();
});
afterAll(() => server?.stop());

/** A login without rights of its own. */
async function reader(database: string): Promise<pg.Client> {
  const { host, port } = server;
  const client = new pg.Client({ host, port, database, user: "reader", password: "reads" });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

const writes = [
  "SELECT pg_logical_emit_message(false, 'x', 'x')",
  "SELECT pg_logical_emit_message(false, 'x', '\\x00'::bytea)",
  "SELECT lo_creat(-1)",
  "SELECT lo_create(0)",
  "SELECT lo_from_bytea(0, '\\x00')",
  "SELECT lo_import('/etc/hostname')",
  "SELECT lo_put(1, 0, '\\x00')",
  "SELECT lo_truncate(0, 0)",
  "SELECT lo_truncate64(0, 0)",
  "SELECT lo_unlink(1)",
  "SELECT lowrite(0, '\\x00')",
];

test.each(["sophia_staging", "sophia_analytics"])(
  "M3 S1 a login may not write to the WAL past a read-only transaction, nor make temporary tables, in %s",
  async (database) => {
    const client = await reader(database);
    for (const write of writes) {
      await client.query("BEGIN READ ONLY");
      await expect(client.query(write), write).rejects.toThrow(/permission denied for function/);
      await client.query("ROLLBACK");
    }
    await expect(client.query("CREATE TEMP TABLE t AS SELECT 1")).rejects.toThrow(
      /permission denied to create temporary tables/,
    );
    await client.end();
  },
);
