import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rsaKey, startTestSnowflake, type TestSnowflake } from "../../support/servers/databases/snowflake.ts";
import { brief } from "../events.ts";
import { runProgram } from "../harness.ts";

const program = join(import.meta.dirname, "../programs/snowflake");
const loader = rsaKey();
const reader = rsaKey();
let snowflake: TestSnowflake;

beforeAll(async () => {
  snowflake = await startTestSnowflake();
});
afterAll(() => snowflake?.close());

const secrets = () => ({
  privateKey: snowflake.privateKey,
  loaderPrivateKey: loader,
  readerPrivateKey: reader,
});
const at = (more: object = {}) => ({ snowflake: { endpoint: snowflake.url, ...more } });
const as = (user: string, privateKey: string, database = "SOPHIA_AI", warehouse = "SOPHIA_AI_WH") =>
  snowflake.client({ user, privateKey, warehouse, database, schema: "STAGING" });

test("P2 the warehouse is created, changed, refreshed after drift, and deleted, with least privileges", async () => {
  const stack = await runProgram({ program, secrets: secrets(), config: at() });
  const up = await stack.up();
  expect(up.code, up.stdout).toBe(0);
  expect(await stack.outputs()).toMatchObject({ database: "SOPHIA_AI", loader: "SOPHIA_ESTUARY" });
  const [warehouse] = await snowflake.client().query("SHOW WAREHOUSES");
  expect(warehouse).toMatchObject({
    name: "SOPHIA_AI_WH",
    auto_suspend: "60",
    resource_monitor: "SOPHIA_AI_WH_MONITOR",
  });

  const state = JSON.stringify(await stack.export());
  for (const key of [snowflake.privateKey, loader, reader]) expect(state).not.toContain(key.split("\n")[3]);

  const write = as("SOPHIA_ESTUARY", loader);
  const read = as("SOPHIA_QUALITY", reader);
  await write.query("CREATE TABLE gong_calls_staging (call_id VARCHAR)");
  await write.query("INSERT INTO gong_calls_staging VALUES ('1')");
  expect(await read.query("SELECT count(*) AS n FROM gong_calls_staging")).toEqual([{ N: "1" }]);
  await expect(read.query("DELETE FROM gong_calls_staging")).rejects.toThrow("Insufficient privileges");
  await expect(write.query("CREATE SCHEMA OTHER")).rejects.toThrow("Insufficient privileges");

  expect(brief((await stack.up()).steps)).toEqual([]);
  const slower = await stack.up({ config: at({ autoSuspend: 120, monthlyCredits: 7 }) });
  expect(brief(slower.steps).sort()).toEqual(["update snowflake-monitor", "update snowflake-warehouse"]);
  expect(await snowflake.client().query("SHOW WAREHOUSES")).toEqual([
    expect.objectContaining({ auto_suspend: "120" }),
  ]);

  // Somebody changed the warehouse and took a right away.
  await snowflake.client().query("ALTER WAREHOUSE SOPHIA_AI_WH SET AUTO_SUSPEND = 3600");
  await snowflake.client().query("REVOKE USAGE ON SCHEMA SOPHIA_AI.STAGING FROM ROLE SOPHIA_READER");
  expect((await stack.refresh()).code).toBe(0);
  const mended = await stack.up();
  expect(brief(mended.steps).sort()).toEqual([
    "create snowflake-reader-schema",
    "update snowflake-warehouse",
  ]);
  expect(await read.query("SELECT count(*) AS n FROM gong_calls_staging")).toEqual([{ N: "1" }]);

  const destroyed = await stack.destroy();
  expect(destroyed.code, destroyed.stdout).toBe(0);
  expect(await snowflake.client().query("SHOW WAREHOUSES")).toEqual([]);
  expect(await snowflake.client().query("SHOW DATABASES")).toEqual([]);
  expect(await snowflake.client().query("SHOW ROLES LIKE 'SOPHIA%'")).toEqual([]);

  // As after an update that was killed before it could write down what it had made.
  for (const made of ["WAREHOUSE SOPHIA_AI_WH", "DATABASE SOPHIA_AI", "ROLE SOPHIA_LOADER"]) {
    await snowflake.client().query(`CREATE ${made}`);
  }
  const strict = await stack.up();
  expect(strict.code).not.toBe(0);
  expect(strict.stdout).toContain("already exists");
  const over = await stack.up({ env: { LAB_TAKEOVER: "true" } });
  expect(over.code, over.stdout).toBe(0);
  expect(await snowflake.client().query("SHOW WAREHOUSES")).toEqual([
    expect.objectContaining({ auto_suspend: "120" }),
  ]);
});

test("P2 a retained database survives a destroy, and a new stack uses it again", async () => {
  const kept = at({ suffix: "_KEPT", keep: true });
  const stack = await runProgram({ program, secrets: secrets(), config: kept });
  const up = await stack.up();
  expect(up.code, up.stdout).toBe(0);
  const table = '"SOPHIA_AI_KEPT"."STAGING"."GONG_CALLS_STAGING"';
  const write = (sql: string) =>
    as("SOPHIA_ESTUARY_KEPT", loader, "SOPHIA_AI_KEPT", "SOPHIA_AI_WH_KEPT").query(sql);
  await write(`CREATE TABLE ${table} (call_id VARCHAR)`);
  await write(`INSERT INTO ${table} VALUES ('1')`);

  // The engine refuses what is protected, and deletes the rest: that must be easy to make again.
  const refused = await stack.destroy();
  expect(refused.code).not.toBe(0);
  expect(refused.stdout + refused.stderr).toContain("is protected");
  const again = await stack.up();
  expect(again.code, again.stdout).toBe(0);
  await write(`INSERT INTO ${table} VALUES ('2')`);
  expect(await write(`SELECT count(*) AS n FROM ${table}`)).toEqual([{ N: "2" }]);

  // A teardown that is meant.
  const released = await stack.up({ config: at({ suffix: "_KEPT" }) });
  expect(released.code, released.stdout).toBe(0);
  expect((await stack.destroy()).code).toBe(0);
  // fakesnow lists the last test's SOPHIA_AI again, which only its sessions name.
  const left = await snowflake.client().query("SHOW DATABASES");
  expect(left.map(({ name }) => name)).not.toContain("SOPHIA_AI_KEPT");
});

test("a real account is planned without a connection, and never contacted", async () => {
  const stack = await runProgram({ program, secrets: secrets(), config: {} });
  const preview = await stack.preview();
  expect(preview.code, preview.stdout).toBe(0);
  expect(brief(preview.steps)).toContain("create snowflake-warehouse");
  const up = await stack.up({ config: { snowflake: { organization: "acme" } } });
  expect(up.stdout).toContain("connects to the lab's Snowflake only");
});

test("what the stand-in does not support is refused by name", async () => {
  const stack = await runProgram({
    program,
    secrets: secrets(),
    config: { ...at(), unknownType: true },
  });
  const preview = await stack.preview();
  expect(preview.code).not.toBe(0);
  expect(preview.stdout + preview.stderr).toContain(
    "snowflake:index/networkPolicy:NetworkPolicy is not supported by the lab",
  );
});
