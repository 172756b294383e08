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

/** What users of the release before may not survive. */
const contracting = [
  /^(DROP|TRUNCATE|REVOKE)\b/i,
  /^ALTER\b[\s\S]*\bRENAME\b/i,
  /^ALTER\b[\s\S]*\bDROP\s+(?!NOT\s+NULL|DEFAULT)/i,
  /^ALTER\b[\s\S]*\bALTER\s+(COLUMN\s+)?\S+\s+(SET\s+DATA\s+)?TYPE\b/i,
  /^ALTER\b[\s\S]*\bSET\s+NOT\s+NULL\b/i,
  /^ALTER\b[\s\S]*\bADD\s+(CONSTRAINT|CHECK|UNIQUE|PRIMARY|EXCLUDE|FOREIGN)\b/i,
  /^ALTER\b(?![\s\S]*\bDEFAULT\b)[\s\S]*\bADD\b[\s\S]*\bNOT\s+NULL\b/i,
  /^CREATE\s+UNIQUE\s+INDEX\b/i,
];

/** Lines of statements that contract the schema and do not say, on the line before, why they may. Pure. */
function unmarked(text: string): number[] {
  const lines = text.split("\n");
  return statementsOf(text)
    .filter(({ sql }) => contracting.some((pattern) => pattern.test(sql)))
    .filter(({ line }) => !/^-- contract: \S/.test(lines[line - 2] ?? ""))
    .map(({ line }) => line);
}

test("D2 a migration that takes something away from the release before says why it may", () => {
  for (const sql of [
    "DROP TABLE t",
    "TRUNCATE t",
    "REVOKE SELECT ON t FROM mcp",
    "ALTER TABLE t RENAME TO u",
    "ALTER TABLE t\n  DROP COLUMN c",
    "ALTER TABLE t ALTER COLUMN c TYPE bigint",
    "ALTER TABLE t ALTER c SET DATA TYPE bigint",
    "ALTER TABLE t ALTER COLUMN c SET NOT NULL",
    "ALTER TABLE t ADD CONSTRAINT positive CHECK (c > 0)",
    "ALTER TABLE t ADD COLUMN c text NOT NULL",
    "CREATE UNIQUE INDEX one ON t (c)",
  ]) {
    expect(unmarked(`${sql};`), sql).toEqual([1]);
    expect(unmarked(`-- contract: nothing since release 7 reads it.\n${sql};`), sql).toEqual([]);
  }
  for (const sql of [
    "ALTER TABLE t ADD COLUMN c text",
    "ALTER TABLE t ADD COLUMN c text NOT NULL DEFAULT ''",
    "ALTER TABLE t ALTER COLUMN c DROP NOT NULL",
    "CREATE TABLE t (c text NOT NULL UNIQUE)",
    "COMMENT ON TABLE t IS 'Drop nothing.'",
  ])
    expect(unmarked(`${sql};`), sql).toEqual([]);
  const folder = join(import.meta.dirname, "../../../../data/migrations/sql");
  for (const name of readdirSync(folder))
    expect(unmarked(readFileSync(join(folder, name), "utf8")), name).toEqual([]);
});

test("D1 no migration makes a table that Estuary makes, nor a role", () => {
  const folder = join(import.meta.dirname, "../../../../data/migrations/sql");
  const all = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
  for (const table of estuaryTables) expect(all).not.toContain(table);
  expect(all).not.toMatch(/(CREATE|ALTER)\s+(ROLE|USER)/i);
});
