import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { Cell, OpenWarehouse } from "../../../lab/saas/estuary/plane/warehouse.ts";
import type { TestPostgres } from "../servers/databases/postgres.ts";

const spellings: [RegExp, string][] = [
  [/NUMBER\(38,0\)/g, "NUMERIC"],
  [/\bFLOAT\b/g, "DOUBLE PRECISION"],
  [/\bVARIANT\b/g, "JSONB"],
  [/\bTIMESTAMP_(LTZ|TZ|NTZ)\b/g, "TIMESTAMPTZ"],
  [/PARSE_JSON\(([^)]*)\)/g, "($1)::jsonb"],
];
const spelt = (sql: string): string => {
  let count = 0;
  const typed = spellings.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), sql);
  return typed.replace(/\?/g, () => `$${++count}`);
};
const escaped = (cell: Cell): string =>
  cell === null
    ? "\\N"
    : String(cell).replace(
        /[\\\n\r\t]/g,
        (found) => `\\${{ "\n": "n", "\r": "r", "\t": "t" }[found] ?? found}`,
      );

/** When the warehouse breaks. */
export interface Trouble {
  down: boolean;
  /** Statements until its connection ends. */
  failAfter: number;
}

/** What the plane says to Snowflake, said to a database of PostgreSQL. */
export const spokenTo =
  (connect: () => Promise<pg.Client>, trouble: Trouble): OpenWarehouse =>
  async () => {
    if (trouble.down) throw new Error("390114: the warehouse is down");
    const client = await connect();
    client.on("error", () => {});
    const check = async () => {
      trouble.failAfter -= 1;
      if (!trouble.down && trouble.failAfter > 0) return;
      trouble.failAfter = Number.POSITIVE_INFINITY;
      await client.end();
      throw new Error("390114: the warehouse went down");
    };
    return {
      async execute(sql, binds = []) {
        await check();
        return (await client.query(spelt(sql), [...binds])).rows;
      },
      async load(table, columns, rows) {
        await check();
        const lines = rows.map((row) => `${row.map(escaped).join("\t")}\n`);
        const copy = client.query(copyFrom(`COPY ${table} (${columns.join(", ")}) FROM STDIN`));
        await pipeline(Readable.from(lines), copy);
      },
      close: () => client.end(),
    };
  };

/** A database of PostgreSQL that stands in for the warehouse, and breaks on command. */
export async function startWarehouse(server: TestPostgres) {
  const root = await server.admin();
  await root.query('DROP DATABASE IF EXISTS "SOPHIA_AI" WITH (FORCE)');
  await root.query('CREATE DATABASE "SOPHIA_AI"');
  await root.end();
  const admin = await server.admin("SOPHIA_AI");
  admin.on("error", () => {});
  await admin.query(`CREATE SCHEMA "STAGING"`);
  const trouble: Trouble = { down: false, failAfter: Number.POSITIVE_INFINITY };
  return { admin, open: spokenTo(() => server.admin("SOPHIA_AI"), trouble), trouble };
}
export type TestWarehouse = Awaited<ReturnType<typeof startWarehouse>>;
