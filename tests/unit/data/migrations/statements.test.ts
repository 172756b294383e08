import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { estuaryTables } from "../../../../data/migrations/constants.ts";
import { statementsOf } from "../../../../data/migrations/statements.ts";

test("statements end where PostgreSQL ends them", () => {
  const text = `-- first; one
SELECT 'a;''b', "c;d"; /* ;
*/ SELECT $$ x; $$, $tag$ ; $$ ; $tag$, E'\\';', a$b$c;

-- last; comment`;
  expect(statementsOf(text)).toEqual([
    { sql: `SELECT 'a;''b', "c;d"`, line: 2 },
    { sql: `SELECT $$ x; $$, $tag$ ; $$ ; $tag$, E'\\';', a$b$c`, line: 3 },
  ]);
});

test("D1 no migration makes a table that Estuary makes, nor a role", () => {
  const folder = join(import.meta.dirname, "../../../../data/migrations/sql");
  const all = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
  for (const table of estuaryTables) expect(all).not.toContain(table);
  expect(all).not.toMatch(/(CREATE|ALTER)\s+(ROLE|USER)/i);
});
