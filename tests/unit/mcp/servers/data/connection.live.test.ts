import { expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../../../../../mcp/servers/kit/postgres/database.ts";
import { onStaging } from "./staging.ts";

const { insert, serving, staging } = onStaging();

test("S1 a login with more than read privileges is refused, for one without privileges the missing one is named", async () => {
  await staging().createTables();
  const mighty = await serving(staging().open("mighty"));
  expect((await mighty.call("query_sql", { sql: "SELECT 1" })).text).toMatch(
    /^The login mighty may do more than read \(CREATEROLE\)\. Set SOPHIA_POSTGRES_USER/,
  );
  const broad = await serving(staging().open("broad"));
  expect((await broad.call("query_sql", { sql: "SELECT 1" })).text).toMatch(
    /^The login broad may read the password digests of all logins.*pg_read_all_data/,
  );
  expect((await broad.call("list_syncs")).isError).toBe(false);
  const poor = await serving(staging().open("poor"));
  expect((await poor.call("list_syncs")).text).toMatch(/permission denied.*GRANT to poor/);
});

test("S4 over TLS the server's certificate is checked", async () => {
  const encrypted = (caFile?: string) =>
    openDatabase({
      ...staging().open().target,
      tls: "verify",
      caFile,
      password: () => staging().password,
      application: "test",
    });
  const trusting = encrypted(staging().caFile);
  onTestFinished(() => trusting.close());
  const ssl = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
  expect(await trusting.read(undefined, (query) => query(ssl))).toEqual([{ ssl: true }]);
  await expect(encrypted().read(undefined, (query) => query(ssl))).rejects.toThrow(
    /^PostgreSQL cannot be reached.*self.signed certificate/,
  );
});

test("M4 an unreachable database is an error with its address", async () => {
  const { call } = await serving(
    openDatabase({
      ...staging().open().target,
      port: 9,
      tls: "off",
      password: () => staging().password,
      application: "test",
    }),
  );
  const { text } = await call("get_pipeline_status");
  expect(text).toMatch(/^PostgreSQL cannot be reached at 127\.0\.0\.1:9: .*ECONNREFUSED.*Check that it runs/);
  expect(text).not.toContain(staging().password);
});

test("M3 a call that finds all connections in use is told so, and not that the database is away", async () => {
  const { call } = await serving(staging().open());
  const stop = new AbortController();
  const password = () => staging().password;
  const waits = { ...staging().open().target, timeout: 120 };
  const database = openDatabase({ ...waits, tls: "off", password, application: "test" });
  onTestFinished(() => stop.abort());
  const { call: other } = await serving(database);
  const held = Array.from({ length: 4 }, () =>
    database.read(stop.signal, (query) => query("SELECT pg_sleep(60)")).catch(() => "stopped"),
  );
  await expect
    .poll(
      async () => (await insert("SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)'")).rowCount,
      { timeout: 60_000 },
    )
    .toBeGreaterThanOrEqual(4);
  expect(await other("query_sql", { sql: "SELECT 1" })).toEqual({
    isError: true,
    text: "All 4 connections of this server to PostgreSQL are in use by other calls. Try again in a minute.",
  });
  expect(await call("query_sql", { sql: "SELECT 1" })).toMatchObject({ isError: false });
  stop.abort();
  expect(await Promise.all(held)).toEqual(Array(4).fill("stopped"));
});

test("M3 a connection that is lost during a query ends that query alone, and the next one is served", async () => {
  const lost: unknown[] = [];
  const database = openDatabase({
    ...staging().open().target,
    timeout: 120,
    tls: "off",
    password: () => staging().password,
    application: "test",
    log: (_level, message, fields) => lost.push([message, fields]),
  });
  const { call, ask } = await serving(database);
  const waiting = call("query_sql", { sql: "SELECT pg_sleep(119)" });
  const ended = () =>
    insert(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'FETCH %' AND application_name = 'test'",
    );
  await expect.poll(async () => (await ended()).rowCount, { timeout: 60_000 }).toBe(1);
  expect(await waiting).toEqual({
    isError: true,
    text: expect.stringMatching(/^PostgreSQL says: terminating connection.*PostgreSQL restarts: try again/),
  });
  await expect
    .poll(() => lost, { timeout: 60_000 })
    .toEqual([["connection lost", { reason: expect.stringMatching(/terminated/) }]]);
  expect(await ask("query_sql", { sql: "SELECT 1 AS one" })).toEqual({ rows: [{ one: 1 }] });
});
