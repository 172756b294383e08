import { afterAll, beforeAll, expect, test } from "vitest";
import { rsaPublicKeyOf } from "../../../../../data/quality/warehouse/keyPair.ts";
import type { Warehouse } from "../../../../../lab/saas/estuary/plane/warehouse.ts";
import { warehouseAt } from "../../../../../lab/saas/snowflake/warehouse.ts";
import {
  administrator,
  rsaKey,
  startTestSnowflake,
  type TestSnowflake,
} from "../../../../support/servers/databases/snowflake.ts";

let snowflake: TestSnowflake;
const loaderKey = rsaKey();
const admin = (sql: string) =>
  snowflake.client({ warehouse: "WH", database: "SOPHIA_AI", schema: "STAGING" }).query(sql);
const as = (role: string) =>
  snowflake.client({
    user: "LOADER",
    privateKey: loaderKey,
    role,
    warehouse: "WH",
    database: "SOPHIA_AI",
    schema: "STAGING",
  });
const session = (role = "LOADER_ROLE"): Promise<Warehouse> =>
  warehouseAt(snowflake.url)({
    host: "org-znb04675.snowflakecomputing.com",
    database: "SOPHIA_AI",
    schema: "STAGING",
    warehouse: "WH",
    role,
    timestamp_type: "TIMESTAMP_TZ",
    credentials: { auth_type: "jwt", user: "LOADER", private_key: loaderKey.replaceAll("\n", "\\n") },
  });

beforeAll(async () => {
  snowflake = await startTestSnowflake();
  for (const sql of [
    "CREATE RESOURCE MONITOR CAP WITH CREDIT_QUOTA = 10 FREQUENCY = MONTHLY START_TIMESTAMP = IMMEDIATELY TRIGGERS ON 80 PERCENT DO NOTIFY ON 100 PERCENT DO SUSPEND",
    "CREATE WAREHOUSE WH WITH WAREHOUSE_SIZE = 'XSMALL' AUTO_SUSPEND = 60 AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE RESOURCE_MONITOR = CAP",
    "CREATE DATABASE SOPHIA_AI COMMENT = 'it''s ours'",
    "CREATE SCHEMA SOPHIA_AI.STAGING",
    "CREATE ROLE LOADER_ROLE",
    "CREATE ROLE READER_ROLE",
    `CREATE USER LOADER TYPE = SERVICE RSA_PUBLIC_KEY = '${rsaPublicKeyOf(loaderKey)}' DEFAULT_ROLE = LOADER_ROLE`,
    "GRANT ROLE LOADER_ROLE TO USER LOADER",
    "GRANT ROLE READER_ROLE TO USER LOADER",
    ...["LOADER_ROLE", "READER_ROLE"].flatMap((role) => [
      `GRANT USAGE ON WAREHOUSE WH TO ROLE ${role}`,
      `GRANT USAGE ON DATABASE SOPHIA_AI TO ROLE ${role}`,
      `GRANT USAGE ON SCHEMA SOPHIA_AI.STAGING TO ROLE ${role}`,
    ]),
    "GRANT CREATE TABLE, CREATE STAGE ON SCHEMA SOPHIA_AI.STAGING TO ROLE LOADER_ROLE",
    "GRANT SELECT ON FUTURE TABLES IN SCHEMA SOPHIA_AI.STAGING TO ROLE READER_ROLE",
  ]) {
    await snowflake.client().query(sql);
  }
  await as("LOADER_ROLE").query(
    'CREATE TABLE "deals_staging" ("id" NUMBER(38,0) NOT NULL, "name" VARCHAR, "at" TIMESTAMP_TZ, "doc" VARIANT, "open" BOOLEAN, PRIMARY KEY ("id"))',
  );
});
afterAll(() => snowflake?.close());

test("rows come as JSON in Snowflake's notation, with nulls that stay null", async () => {
  const [row] = await admin(
    "SELECT 1 AS n, 1.25::NUMBER(10,2) AS d, TRUE AS b, DATE '1970-01-03' AS day, NULL::TIMESTAMP_NTZ AS t, TO_TIMESTAMP_NTZ('1970-01-01 00:00:01.5') AS s, 'ä' AS x",
  );
  expect(row).toEqual({ N: "1", D: "1.25", B: "true", DAY: "2", T: null, S: "1.500000000", X: "ä" });
});

test("what fakesnow lacks is kept: monitors, warehouses, users, grants", async () => {
  expect(await admin("SHOW WAREHOUSES LIKE 'W%'")).toEqual([
    expect.objectContaining({ name: "WH", state: "SUSPENDED", auto_suspend: "60", resource_monitor: "CAP" }),
  ]);
  expect(await admin("SHOW RESOURCE MONITORS")).toEqual([
    expect.objectContaining({ name: "CAP", credit_quota: "10", notify_at: "80%", suspend_at: "100%" }),
  ]);
  expect(await admin("SHOW USERS LIKE 'LOADER'")).toEqual([
    expect.objectContaining({ type: "SERVICE", has_rsa_public_key: "true" }),
  ]);
  const grants = await admin("SHOW GRANTS TO ROLE READER_ROLE");
  expect(grants.map(({ privilege, name }) => `${privilege} ${name}`)).toContain(
    'SELECT SOPHIA_AI.STAGING."deals_staging"',
  );
});

test.each([
  ["CREATE TABLE SOPHIA_AI.STAGING.x (a INT)", "READER_ROLE"],
  ['INSERT INTO "deals_staging" ("id") VALUES (1)', "READER_ROLE"],
  ['DROP TABLE "deals_staging"', "READER_ROLE"],
  ["CREATE SCHEMA SOPHIA_AI.OTHER", "LOADER_ROLE"],
  ["CREATE ROLE MORE", "LOADER_ROLE"],
  ["GRANT ROLE SYSADMIN TO ROLE LOADER_ROLE", "LOADER_ROLE"],
  ["DROP WAREHOUSE WH", "LOADER_ROLE"],
])("a role may not do what it was not granted: %s", async (sql, role) => {
  await expect(as(role).query(sql)).rejects.toThrow("Insufficient privileges");
});

test("a reader reads what the loader makes, and a role that was not granted cannot be taken", async () => {
  expect(await as("READER_ROLE").query('SELECT count(*) AS n FROM "deals_staging"')).toHaveLength(1);
  await expect(as("ACCOUNTADMIN").query("SELECT 1 AS x")).rejects.toThrow("not granted to this user");
});

test.each([
  ["of a table", 'SELECT count(*) AS n FROM "DEALS_STAGING"', "002003"],
  ["of a table, unquoted", "SELECT count(*) AS n FROM deals_staging", "002003"],
  ["of a column", 'SELECT max("ID") AS n FROM "deals_staging"', "000904"],
  ["of a column, unquoted", 'SELECT max(d.id) AS n FROM (SELECT id FROM "deals_staging") AS d', "000904"],
  ["of a column to insert into", 'INSERT INTO "deals_staging" (ID) VALUES (1)', "000904"],
])("a name %s that differs in case is another name, as in Snowflake", async (_, sql, code) => {
  await expect(admin(sql)).rejects.toMatchObject({ code });
});

test("names that the statement itself gives, and a session's own tables, are known by their case too", async () => {
  expect(
    await admin('WITH d AS (SELECT "id" AS id FROM "deals_staging") SELECT count(id) AS n FROM d'),
  ).toHaveLength(1);
  expect(await admin("SELECT count(*) AS n FROM sophia_ai.information_schema.tables")).toHaveLength(1);
  const warehouse = await session();
  await warehouse.execute("CREATE TEMPORARY TABLE own (a NUMBER(38,0))");
  expect(await warehouse.execute('SELECT "A" FROM "OWN"')).toEqual([]);
  await expect(warehouse.execute('SELECT a FROM "own"')).rejects.toThrow("002003");
  await expect(warehouse.execute('SELECT "a" FROM own')).rejects.toThrow("000904");
  await warehouse.close();
});

test("a role that may read nothing of a table hears what it would of a table that is not there", async () => {
  await snowflake.client().query("CREATE ROLE STRANGER");
  await snowflake.client().query("GRANT ROLE STRANGER TO USER LOADER");
  for (const privilege of ["WAREHOUSE WH", "DATABASE SOPHIA_AI", "SCHEMA SOPHIA_AI.STAGING"])
    await snowflake.client().query(`GRANT USAGE ON ${privilege} TO ROLE STRANGER`);
  const asked = as("STRANGER").query('SELECT * FROM "deals_staging"');
  await expect(asked).rejects.toMatchObject({ code: "002003" });
  await expect(as("READER_ROLE").query("SELECT * FROM nothing")).rejects.toMatchObject({ code: "002003" });
});

test.each([
  ["another key", { privateKey: rsaKey() }, "the key is none of"],
  ["another account", { account: "SCOOBYJAVA-ELSEWHERE" }, "is not this one"],
  ["another user", { user: "NOBODY" }, "no such user"],
])("a token of %s is refused with 390144", async (_, login, why) => {
  const tried = snowflake.client(login).query("SELECT 1 AS x");
  await expect(tried).rejects.toThrow(why);
  await expect(tried).rejects.toMatchObject({ code: "390144" });
});

const columns = ['"id"', '"name"', '"at"', '"doc"', '"open"'];
const layout = '"id" NUMBER(38,0), "name" VARCHAR, "at" TIMESTAMP_TZ, "doc" VARIANT, "open" BOOLEAN';
const merge = `MERGE INTO "deals_staging" AS t USING "stage" AS s ON t."id" = s."id"
  WHEN MATCHED AND s."name" IS NULL THEN DELETE
  WHEN MATCHED THEN UPDATE SET t."name" = s."name", t."doc" = s."doc"
  WHEN NOT MATCHED AND s."name" IS NOT NULL THEN INSERT ("id", "name", "at", "doc", "open")
    VALUES (s."id", s."name", s."at", s."doc", s."open")`;

test("a session loads, merges in a transaction, and keeps nothing of one that was rolled back", async () => {
  const warehouse = await session();
  const row = (id: number, name: string | null) =>
    [id, name, "2026-11-21T06:09:53.317Z", '{"a":1}', true] as const;
  await warehouse.execute(`CREATE OR REPLACE TEMPORARY TABLE "stage" (${layout})`);
  await warehouse.execute("BEGIN");
  await warehouse.load('"stage"', columns, [row(1, "one"), row(2, "two"), row(3, "three")]);
  expect(await warehouse.execute(merge)).toEqual([expect.objectContaining({ "number of rows inserted": 3 })]);
  await warehouse.execute("COMMIT");

  await warehouse.execute("BEGIN");
  await warehouse.execute('DELETE FROM "stage"');
  await warehouse.load('"stage"', columns, [row(1, null), row(2, "zwei")]);
  const [done] = await warehouse.execute(merge);
  expect(done).toMatchObject({ "number of rows updated": 1, "number of rows deleted": 1 });
  await warehouse.execute("ROLLBACK");
  const all = 'SELECT "id", "name", "doc":a AS a, "open" FROM "deals_staging" WHERE "id" < ? ORDER BY 1';
  expect((await warehouse.execute(all, [10])).map(({ id, name }) => `${id} ${name}`)).toEqual([
    "1 one",
    "2 two",
    "3 three",
  ]);
  await warehouse.close();
});

test("a transaction in which a statement failed is never committed by halves", async () => {
  const warehouse = await session();
  await warehouse.execute("BEGIN");
  await warehouse.execute('INSERT INTO "deals_staging" ("id", "name") VALUES (99, \'half\')');
  await expect(warehouse.execute('SELECT "nothing" FROM "deals_staging"')).rejects.toThrow();
  await expect(warehouse.execute("COMMIT")).rejects.toThrow("rolled back");
  expect(await warehouse.execute('SELECT * FROM "deals_staging" WHERE "id" = 99')).toEqual([]);
  await warehouse.close();
});

test("keys are noted and not enforced, as in Snowflake: what is there twice is for the quality checks to find", async () => {
  await as("LOADER_ROLE").query('INSERT INTO "deals_staging" ("id") VALUES (70), (70)');
  expect(await as("LOADER_ROLE").query('SELECT count(*) AS n FROM "deals_staging" WHERE "id" = 70')).toEqual([
    { N: "2" },
  ]);
});

test("down on command, overloaded on command, and back", async () => {
  await snowflake.control("faults", { down: "refuse" });
  await expect(admin("SELECT 1 AS x")).rejects.toThrow("Service Unavailable");
  await snowflake.control("faults", { down: "cut" });
  await expect(admin("SELECT 1 AS x")).rejects.toMatchObject({ code: "unreachable" });
  await snowflake.control("faults", { down: null, failStatements: 1 });
  await expect(admin("SELECT 1 AS x")).rejects.toThrow("overloaded");
  expect(await admin("SELECT 1 AS x")).toEqual([{ X: "1" }]);
  expect((await snowflake.control("faults", { up: true })).status).toBe(400);
});

test("what was committed outlives a crash of the engine and a restart of the lab, sessions do not", async () => {
  const warehouse = await session();
  await warehouse.execute('INSERT INTO "deals_staging" ("id", "name") VALUES (50, \'kept\')');
  await snowflake.control("crash", {});
  await expect(warehouse.execute("SELECT 1 AS x")).rejects.toThrow("390111");
  const kept = () => as("READER_ROLE").query('SELECT "name" FROM "deals_staging" WHERE "id" = 50');
  expect(await kept()).toEqual([{ name: "kept" }]);
  await snowflake.restart();
  expect(await kept()).toEqual([{ name: "kept" }]);
  expect(await admin("SHOW ROLES LIKE 'LOADER_ROLE'")).toHaveLength(1);
});

test("what is not kept is refused by name", async () => {
  for (const sql of [
    "CREATE NETWORK POLICY x",
    "GRANT OWNERSHIP ON DATABASE SOPHIA_AI TO ROLE LOADER_ROLE",
    "SELECT 1; SELECT 2",
  ])
    await expect(admin(sql)).rejects.toThrow(/does not know|statement count/);
  expect(administrator).toBe("SCOOBYJAVA15");
});
