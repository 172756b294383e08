import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { dataTools } from "../../../../../mcp/servers/sophia_data_intelligence/tools.ts";
import { type PipelineServer, startPipelineServer } from "../../../../support/servers/databases/pipeline.ts";
import { calling } from "../../../../support/servers/mcp/calling.ts";

let server: PipelineServer;
beforeAll(async () => {
  server = await startPipelineServer();
  await server.migrate();
}, 600_000);
afterAll(() => server.stop());

/** The server as the platform runs it, on tables that the migrations made. */
const serving = () => {
  const database = server.open("mcp_data");
  onTestFinished(() => database.close());
  return calling(dataTools(database));
};

test("M4 tables are listed that can be queried, with a size only where PostgreSQL knows one", async () => {
  const admin = await server.admin();
  await admin.query(
    "INSERT INTO pipeline_status (stream, source, state) VALUES ('a', 'gong', 'ok'); ANALYZE pipeline_status",
  );
  await admin.end();
  const { ask, call } = await serving();
  const { items } = await ask("list_tables");
  const listed = (name: string) => items.find(({ table }: { table: string }) => table === name);
  expect(listed("public.pipeline_status")).toMatchObject({ rowsEstimate: 1 });
  expect(listed("public.gong_calls")).toMatchObject({ columns: 26 });
  // A view has none, and nobody has counted this table yet: 0 would be a lie.
  expect(listed("public.gong_calls")).not.toHaveProperty("rowsEstimate");
  expect(listed("public.error_logs")).not.toHaveProperty("rowsEstimate");
  // Neither its schema nor its rows are for this login.
  expect(listed("migrations.applied")).toBeUndefined();
  expect(listed("public.flow_watermarks")).toBeUndefined();
  expect((await call("list_tables", { schema: "staging" })).text).toBe(
    "The schema staging has no table that can be read. There are tables in: public.",
  );
});

test("M4 a table's columns say which cannot be read, and so does the refusal of a query", async () => {
  const { ask, call } = await serving();
  const { columns, readable } = await ask("describe_table", { table: "error_logs" });
  const unreadable = columns.filter((column: { readable?: boolean }) => column.readable === false);
  expect([readable, unreadable.map(({ column }: { column: string }) => column)]).toEqual([true, ["raw"]]);
  expect((await call("query_sql", { sql: "SELECT * FROM error_logs" })).text).toMatch(
    /permission denied for table error_logs\. Name only columns that `describe_table` does not show as unreadable, /,
  );
  expect(await ask("query_sql", { sql: "SELECT id, reason FROM error_logs" })).toEqual({ rows: [] });
});
