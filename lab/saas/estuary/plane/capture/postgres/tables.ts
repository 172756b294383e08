import type pg from "pg";
import type { Document } from "../../collections/document.ts";
import type { Schema } from "../../collections/schema.ts";
import { literal, quoted } from "../../net/postgres.ts";
import { kindOf, schemaOf } from "./types.ts";

interface TableColumn {
  name: string;
  oid: number;
  /** As SQL spells it, e.g. `character varying(20)`. */
  type: string;
  nullable: boolean;
}
export interface Table {
  schema: string;
  name: string;
  columns: TableColumn[];
  /** Columns of the primary key, in its order. */
  key: string[];
}

const tableName = ({ schema, name }: Pick<Table, "schema" | "name">): string =>
  `${quoted(schema)}.${quoted(name)}`;

/** What the catalog says of a table now. */
export async function describe(client: pg.Client, schema: string, name: string): Promise<Table> {
  const relation = tableName({ schema, name });
  const { rows } = await client.query<{
    name: string;
    oid: string;
    type: string;
    required: string;
    key: string | null;
  }>(
    `SELECT a.attname AS name, a.atttypid AS oid, format_type(a.atttypid, a.atttypmod) AS type,
       a.attnotnull::text AS required, array_position(i.indkey::int2[], a.attnum)::text AS key
     FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
     WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [relation],
  );
  if (rows.length === 0) throw new Error(`table ${schema}.${name} does not exist`);
  if (rows.some((column) => column.name === "_meta")) {
    throw new Error(
      `table ${schema}.${name} has a column _meta, and the connector adds one of that name to each row: documents would ` +
        "have it twice. Take the column out of the table, or the table out of the capture",
    );
  }
  const keyed = rows.filter(({ key }) => key !== null).sort((a, b) => Number(a.key) - Number(b.key));
  if (keyed.length === 0) {
    throw new Error(
      `table ${schema}.${name} has no primary key; the lab's plane captures no tables without one`,
    );
  }
  return {
    schema,
    name,
    key: keyed.map((one) => one.name),
    columns: rows.map((one) => ({
      name: one.name,
      oid: Number(one.oid),
      type: one.type,
      nullable: one.required !== "true",
    })),
  };
}

/** The schema of the documents that a table's rows become. */
export function schemaOfTable(table: Table): Schema {
  const op = { type: "string", enum: ["c", "d", "u"] };
  const meta = { type: "object", required: ["op"], properties: { op } };
  const columns = table.columns.map(({ name, oid, nullable }) => [name, schemaOf(oid, nullable)] as const);
  return {
    type: "object",
    required: [...table.key],
    properties: { ...Object.fromEntries(columns), _meta: meta },
  };
}

/** A row of text as the document that the connector emits. */
export function documentOf(
  table: Pick<Table, "schema" | "name">,
  op: "c" | "u" | "d",
  values: Iterable<readonly [name: string, oid: number, text: string | null | undefined]>,
): Document {
  const document: Document = { _meta: { op, source: { schema: table.schema, table: table.name } } };
  for (const [name, oid, text] of values) {
    if (text !== undefined) document[name] = text === null ? null : kindOf(oid).value(text);
  }
  return document;
}

/** The next rows by key. `last` is the key after which to begin, as text. */
export async function chunkOf(
  client: pg.Client,
  table: Table,
  last: readonly string[] | undefined,
  size: number,
): Promise<Record<string, string | null>[]> {
  const keys = table.key.map(quoted).join(", ");
  const typeOf = (name: string) => table.columns.find((column) => column.name === name)?.type ?? "text";
  const bounds = (last ?? []).map((value, index) => `${literal(value)}::${typeOf(table.key[index] ?? "")}`);
  const after = bounds.length > 0 ? `WHERE (${keys}) > (${bounds.join(", ")})` : "";
  const columns = table.columns.map(({ name }) => quoted(name)).join(", ");
  const sql = `SELECT ${columns} FROM ${tableName(table)} ${after} ORDER BY ${keys} LIMIT ${size}`;
  return (await client.query<Record<string, string | null>>(sql)).rows;
}
