import { expect, onTestFinished, test } from "vitest";
import { onStaging } from "./staging.ts";

const { insert, serving, staging } = onStaging();

test("M4 a query is answered in pages, with JSON's types", async () => {
  const { ask } = await serving();
  const first = await ask("query_sql", {
    sql: "SELECT n, 'x' AS t, date '2026-11-20' AS d FROM generate_series(1, 5) n ORDER BY n; ",
    limit: 3,
  });
  expect(first).toEqual({
    rows: [1, 2, 3].map((n) => ({ n, t: "x", d: "2026-11-20" })),
    nextCursor: "3",
  });
  const sql = "SELECT n FROM generate_series(1, 5) n -- and a comment";
  expect(await ask("query_sql", { sql, limit: 3, cursor: "3" })).toEqual({ rows: [{ n: 4 }, { n: 5 }] });
  expect(await ask("query_sql", { sql, limit: 5 })).toEqual({ rows: [1, 2, 3, 4, 5].map((n) => ({ n })) });
});

test("M4 numbers are as PostgreSQL has them, whatever their size, and none of two columns is lost", async () => {
  const { call } = await serving();
  const sql = `SELECT 9007199254740993 AS id, 0.1234567890123456789 AS share, 1.5 AS price,
    '{"deep": [12345678901234567890], "text": "9007199254740993"}'::jsonb AS more`;
  expect(await call("query_sql", { sql })).toEqual({
    isError: false,
    text:
      '{"rows":[{"id":9007199254740993,"share":0.1234567890123456789,"price":1.5,' +
      '"more":{"deep":[12345678901234567890],"text":"9007199254740993"}}]}',
  });
  expect(
    await call("query_sql", { sql: "SELECT a.n, b.n, 1 AS x FROM (SELECT 1 AS n) a, (SELECT 2 AS n) b" }),
  ).toEqual({
    isError: true,
    text: "The query has more than one column n. Give each its own name with AS.",
  });
});

test("M4 a long answer ends early with a cursor, and a row that is too long never leaves the database", async () => {
  const { ask, call } = await serving();
  const sql = "SELECT n, repeat('y', 9000) AS y FROM generate_series(1, 30) n ORDER BY n";
  const { rows, nextCursor } = await ask("query_sql", { sql, limit: 30 });
  expect(rows).toHaveLength(10);
  expect((await ask("query_sql", { sql, limit: 1, cursor: nextCursor })).rows[0].n).toBe(11);
  const flood = await call("query_sql", { sql: "SELECT repeat('z', 5000000) AS z" });
  expect(flood.text).toMatch(/^Row 1 has 50000\d\d bytes, more than 50000\. Select fewer columns/);
});

test("S1 an error that quotes a long value is cut, and a longer one is not received", async () => {
  const { call, ask } = await serving();
  const failing = (length: number) => call("query_sql", { sql: `SELECT repeat('x', ${length})::int` });
  const long = await failing(100_000);
  expect(long.text).toMatch(/^PostgreSQL says: invalid input syntax.*… \(1000\d\d characters\)\. Correct/);
  expect(long.text.length).toBeLessThan(3000);
  expect((await failing(50_000_000)).text).toMatch(
    /^PostgreSQL sent more than 16000000 bytes\. Ask for less/,
  );
  expect(await ask("query_sql", { sql: "SELECT 1 AS one" })).toEqual({ rows: [{ one: 1 }] });
});

test.each([
  ["DELETE FROM staging.t", /syntax error.*Send one SELECT/],
  ["SELECT 1; DROP TABLE staging.t", /multiple commands.*Send one SELECT/],
  [
    "SELECT 1) AS q) AS r; DROP TABLE staging.t; SELECT FROM (SELECT FROM (SELECT 1",
    /syntax error.*Send one SELECT/,
  ],
  // What would add rows outside the subquery that limits their length.
  [
    "SELECT 1) AS q OFFSET 0) AS r UNION ALL SELECT repeat('x', 1000000), 1 FROM (SELECT 1 FROM (SELECT 1",
    /^PostgreSQL says: syntax error at or near "\)" \(at character 9\)\. Send one SELECT/,
  ],
  ["SELECT 1 /* ) AS q", /unterminated.*comment.*Send one SELECT/],
  ["COMMIT; DELETE FROM staging.t", /syntax error/],
  [
    "WITH d AS (DELETE FROM staging.t RETURNING 1) SELECT * FROM d",
    /must be at the top level|data-modifying/,
  ],
  ["SELECT nextval('staging.s')", /permission denied|would change something/],
  ["SELECT set_config('transaction_read_only', 'off', false)", /transaction writable.*only reads/],
  ["SELECT pg_read_file('/etc/passwd')", /permission denied.*pg_read_file/],
  ["SELECT rolpassword FROM pg_authid", /permission denied.*GRANT to mcp/],
  ["SELECT * FROM staging.nothing", /"staging\.nothing" does not exist \(at character 15\).*list_tables/],
  ["SELECT 1 / 0", /division by zero.*Correct the statement/],
])("S1 %s is refused with advice, and nothing changes", async (sql, said) => {
  await insert(
    "CREATE SCHEMA staging; CREATE TABLE staging.t AS SELECT 1 AS x; CREATE SEQUENCE staging.s; GRANT ALL ON ALL TABLES IN SCHEMA staging TO mcp",
  );
  const { call } = await serving();
  const answer = await call("query_sql", { sql });
  expect(answer).toEqual({ isError: true, text: expect.stringMatching(said) });
  expect((await insert("SELECT * FROM staging.t")).rows).toEqual([{ x: 1 }]);
});

test("M4 a statement is stopped at its timeout, and the next one is served", async () => {
  const { call, ask } = await serving(staging().open("mcp", 0.3));
  expect((await call("query_sql", { sql: "SELECT pg_sleep(30)" })).text).toMatch(
    /^The statement took longer than 0\.3 s and was stopped\. Narrow it/,
  );
  const reset = "SELECT set_config('statement_timeout', '0', false), pg_sleep(30)";
  expect((await call("query_sql", { sql: reset })).isError).toBe(true);
  expect(await ask("query_sql", { sql: "SELECT 1 AS one" })).toEqual({ rows: [{ one: 1 }] });
});

test("M4 a query that switches its timeout off is stopped all the same, whichever of its rows waits", async () => {
  const { call } = await serving(staging().open("mcp", 0.3));
  const waits = (row: number) => `SELECT n, set_config('statement_timeout', '0', false) AS a,
    set_config('client_connection_check_interval', '0', false) AS b, CASE WHEN n = ${row} THEN pg_sleep(20) END
    FROM generate_series(1, 250) n`;
  const stopped = { isError: true, text: expect.stringMatching(/^The statement took longer than 0\.3 s/) };
  // In the second batch of a page, and behind the rows that a cursor skips.
  expect(await call("query_sql", { sql: waits(21), limit: 50 })).toEqual(stopped);
  expect(await call("query_sql", { sql: waits(45), limit: 50, cursor: "30" })).toEqual(stopped);
});

test("M4 what a query leaves in its session is gone with its answer: nobody else waits for its locks", async () => {
  const { ask } = await serving();
  const key = "hashtextextended('pipeline/gong/gong_calls', 0)";
  await ask("query_sql", { sql: `SELECT pg_advisory_lock(${key}) IS NULL AS locked` });
  expect(
    (await insert(`SELECT pg_try_advisory_lock(${key}) AS taken, pg_advisory_unlock_all()`)).rows,
  ).toEqual([{ taken: true, pg_advisory_unlock_all: "" }]);
});

test("M4 when the caller goes away the statement is stopped", async () => {
  const database = staging().open("mcp", 30);
  onTestFinished(() => database.close());
  const running = async () =>
    (
      await insert(
        "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(29)%' AND pid <> pg_backend_pid()",
      )
    ).rowCount;
  const gone = new AbortController();
  const read = database.read(gone.signal, (query) => query("SELECT pg_sleep(29)"));
  const ended = expect(read).rejects.toThrow("the caller went away");
  await expect.poll(running, { timeout: 60_000 }).toBe(1);
  gone.abort(new Error("the caller went away"));
  await ended;
  await expect.poll(running, { timeout: 60_000 }).toBe(0);
});
