import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresValues } from "../../../components/services/postgres/values.ts";
import { postgresSettings } from "../../../components/settings/sections/services.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/databases/postgres.ts";
import { only, render } from "../render.ts";

interface Initdb {
  postInitTemplateSQL: string[];
  postInitApplicationSQL: string[];
}

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

test("M3 S1 a login may not write to the WAL past a read-only transaction, in any database", async () => {
  const objects = render("postgres", "data", postgresValues(postgresSettings.parse({}), "local-path"));
  const { bootstrap } = only(objects, "Cluster").spec as { bootstrap: { initdb: Initdb } };
  // As CloudNativePG does: first `template1`, then the application's database.
  const template = await server.admin("template1");
  for (const statement of bootstrap.initdb.postInitTemplateSQL) await template.query(statement);
  await template.end();
  const admin = await server.admin();
  await admin.query("CREATE ROLE reader LOGIN PASSWORD 'reads'");
  await admin.query("CREATE ROLE sophia_app");
  for (const statement of bootstrap.initdb.postInitApplicationSQL) await admin.query(statement);
  await admin.end();
  const { host, port } = server;
  const reader = new pg.Client({
    host,
    port,
    database: "sophia_analytics",
    user: "reader",
    password: "reads",
  });
  await reader.connect();
  await reader.query("BEGIN READ ONLY");
  await expect(reader.query("SELECT pg_logical_emit_message(false, 'x', 'x')")).rejects.toThrow(
    /permission denied for function pg_logical_emit_message/,
  );
  await reader.end();
});
