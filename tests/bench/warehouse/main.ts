/**
 * How fast rows get into the lab's Snowflake: loads of a batch into a temporary table, and its MERGE, each batch a
 * transaction, as the data plane does it.
 *
 *   node tests/bench/warehouse/main.ts [rows] [rows of a batch]
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { warehouseAt } from "../../../lab/saas/snowflake/warehouse.ts";
import { administrator, startTestSnowflake } from "../../support/servers/databases/snowflake.ts";

const rows = Number(process.argv[2] ?? 1_000_000);
const size = Number(process.argv[3] ?? 10_000);
const snowflake = await startTestSnowflake();
try {
  for (const sql of ["CREATE WAREHOUSE WH", "CREATE DATABASE SOPHIA_AI", "CREATE SCHEMA SOPHIA_AI.STAGING"])
    await snowflake.client().query(sql);
  const session = await warehouseAt(snowflake.url)({
    host: "znb04675.snowflakecomputing.com",
    database: "SOPHIA_AI",
    schema: "STAGING",
    warehouse: "WH",
    role: "ACCOUNTADMIN",
    timestamp_type: "TIMESTAMP_LTZ",
    credentials: { auth_type: "jwt", user: administrator, private_key: snowflake.privateKey },
  });
  const fields = [
    "email",
    "firstname",
    "lastname",
    "company",
    "phone",
    "lifecyclestage",
    "createdate",
    "owner",
  ];
  const names = ["id", ...fields.map((field) => `properties/${field}`), "flow_published_at"].map(
    (name) => `"${name}"`,
  );
  const layout = (kinds: [string, string, string]) =>
    names
      .map(
        (name, index) =>
          `${name} ${index === 0 ? kinds[0] : index === names.length - 1 ? kinds[2] : kinds[1]}`,
      )
      .join(", ");
  await session.execute(
    `CREATE TABLE "contacts" (${layout(["NUMBER(38,0) NOT NULL", "TEXT", "TIMESTAMP_LTZ"])}, PRIMARY KEY ("id"))`,
  );
  const cast = names.map((name, index) =>
    index === 0
      ? `CAST(${name} AS NUMBER(38,0)) AS ${name}`
      : index === names.length - 1
        ? `CAST(${name} AS TIMESTAMP_LTZ) AS ${name}`
        : name,
  );
  const merge =
    `MERGE INTO "contacts" AS r USING (SELECT ${cast.join(", ")} FROM "stage") AS l ON r."id" = l."id" ` +
    `WHEN MATCHED THEN UPDATE SET ${names
      .slice(1)
      .map((name) => `${name} = l.${name}`)
      .join(", ")} ` +
    `WHEN NOT MATCHED THEN INSERT (${names.join(", ")}) VALUES (${names.map((name) => `l.${name}`).join(", ")})`;
  const row = (id: number, version: number) => [
    id,
    ...fields.map((field) => `${field}-${version}-${id}@example.com`),
    "2026-11-21T06:09:53.317Z",
  ];
  const write = async (ids: (index: number) => number, count: number, version: number) => {
    await session.execute(`CREATE OR REPLACE TEMPORARY TABLE "stage" (${layout(["TEXT", "TEXT", "TEXT"])})`);
    await session.execute("BEGIN");
    await session.load(
      '"stage"',
      names,
      Array.from({ length: count }, (_, index) => row(ids(index), version)),
    );
    await session.execute(merge);
    await session.execute("COMMIT");
  };
  const timed = async (title: string, total: number, ids: (index: number) => number, version: number) => {
    const start = performance.now();
    for (let done = 0; done < total; done += size)
      await write((index) => ids(done + index), Math.min(size, total - done), version);
    const seconds = (performance.now() - start) / 1000;
    console.log(`${title}: ${total} rows in ${seconds.toFixed(1)} s, ${Math.round(total / seconds)} rows/s`);
  };
  await timed("insert", rows, (index) => index, 1);
  // Spread over the whole table.
  await timed("update", Math.round(rows / 10), (index) => index * 10, 2);
  const [counted] = await session.execute('SELECT count(*) AS n FROM "contacts"');
  if (counted?.N !== rows) throw new Error(`the warehouse has ${String(counted?.N)} rows instead of ${rows}`);
  const status = readFileSync(`/proc/${snowflake.engine.pid}/status`, "utf8");
  const peak = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  const databases = join(snowflake.folder, "databases");
  const bytes = readdirSync(databases)
    .filter((name) => /\.db/.test(name))
    .reduce((sum, name) => sum + statSync(join(databases, name)).size, 0);
  console.log(`engine's peak memory ${Math.round(peak)} MiB, on disk ${Math.round(bytes / 2 ** 20)} MiB`);
  await session.close();
} finally {
  await snowflake.close();
}
