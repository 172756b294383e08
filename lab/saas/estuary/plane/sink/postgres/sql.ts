import type { Column } from "../../collections/fields.ts";
import type { ColumnType } from "../../collections/schema.ts";
import { literal, quoted } from "../../net/postgres.ts";
import type { Binding } from "../../task/sink.ts";
import type { Group } from "../cells.ts";

const types: Record<ColumnType, string> = {
  string: "TEXT",
  integer: "BIGINT",
  number: "DOUBLE PRECISION",
  boolean: "BOOLEAN",
  timestamp: "TIMESTAMPTZ",
  date: "DATE",
  uuid: "UUID",
  bigInteger: "NUMERIC",
  decimal: "DECIMAL",
  json: "JSON",
};
const always = (column: Column): boolean => column.key || column.synthetic !== undefined;

/** A table's full name in SQL. */
export const nameOf = ({ schema, table }: Pick<Binding, "schema" | "table">): string =>
  `${quoted(schema)}.${quoted(table)}`;

const definition = (column: Column): string =>
  `${quoted(column.field)} ${types[column.type]}${always(column) ? " NOT NULL" : ""}`;

/** A table in Estuary's layout, with its comments. */
export function createTable(task: string, binding: Binding): string[] {
  const table = nameOf(binding);
  const keys = binding.columns.filter(({ key }) => key).map(({ field }) => quoted(field));
  const lines = [...binding.columns.map(definition), `PRIMARY KEY (${keys.join(", ")})`];
  const generated = `Generated for materialization ${task} of collection ${binding.collection}`;
  return [
    `CREATE TABLE ${table} (\n  ${lines.join(",\n  ")}\n)`,
    `COMMENT ON TABLE ${table} IS ${literal(generated)}`,
    ...binding.columns.map((column) => {
      const pointer = column.path.length > 0 ? `/${column.field}` : "/_meta/uuid";
      const text = `auto-generated projection of JSON at: ${pointer} with inferred types: [${column.types.join(" ")}]`;
      return `COMMENT ON COLUMN ${table}.${quoted(column.field)} IS ${literal(text)}`;
    }),
    ...(binding.additionalSql ? [binding.additionalSql] : []),
  ];
}

/** Adds columns to a table that exists. */
export const addColumns = (binding: Binding, columns: readonly Column[]): string =>
  `ALTER TABLE ${nameOf(binding)} ${columns.map((column) => `ADD COLUMN ${quoted(column.field)} ${types[column.type]}`).join(", ")}`;

/** Where a batch is loaded to; `flow_group` says which statement takes a row. */
export const createTemporary = (name: string, binding: Binding): string =>
  `CREATE TEMPORARY TABLE ${name} (${binding.columns.map((one) => `${quoted(one.field)} ${types[one.type]}`).join(", ")}, flow_group INT) ON COMMIT DELETE ROWS`;

/** Loads a batch, which follows as data. */
export const copyInto = (name: string, binding: Binding): string =>
  `COPY ${name} (${binding.columns.map(({ field }) => quoted(field)).join(", ")}, flow_group) FROM STDIN`;

/** Deletes the rows of the table whose keys are in a group of the batch. */
export function deleteRows(name: string, binding: Binding, group: number): string {
  const keys = binding.columns.filter(({ key }) => key).map(({ field }) => quoted(field));
  const same = keys.map((key) => `r.${key} = l.${key}`).join(" AND ");
  return `DELETE FROM ${nameOf(binding)} r USING ${name} l WHERE l.flow_group = ${group} AND ${same}`;
}

/** What becomes of a column of a row that exists: objects of a partial document complete those that are there. */
function merged({ field, merges }: Column, partial: boolean): string {
  const [there, here] = [`r.${quoted(field)}`, `EXCLUDED.${quoted(field)}`];
  if (!partial || !merges) return here;
  const objects = [there, here].map((value) => `json_typeof(${value}) = 'object'`).join(" AND ");
  return `CASE WHEN ${objects} THEN (${there}::jsonb || ${here}::jsonb)::json ELSE ${here} END`;
}

/** Inserts or updates; columns in `kept` stay as they are in rows that exist. */
export function mergeRows(
  name: string,
  binding: Binding,
  group: number,
  { kept, partial }: Pick<Group, "kept" | "partial">,
): string {
  const columns = binding.columns.filter(({ field }) => !kept.has(field));
  const keys = columns.filter(({ key }) => key).map(({ field }) => quoted(field));
  const named = columns.map(({ field }) => quoted(field)).join(", ");
  const set = columns
    .filter(({ key }) => !key)
    .map((column) => `${quoted(column.field)} = ${merged(column, partial)}`);
  return (
    `INSERT INTO ${nameOf(binding)} AS r (${named}) SELECT ${named} FROM ${name} WHERE flow_group = ${group} ` +
    `ON CONFLICT (${keys.join(", ")}) DO UPDATE SET ${set.join(", ")}`
  );
}

const escapes: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "" };

/** A cell in COPY's text format. PostgreSQL cannot keep the character U+0000: it is left out, as Estuary does. */
export const copyCell = (cell: string | null): string =>
  cell === null ? "\\N" : cell.replace(/[\\\n\r\t\0]/g, (found) => escapes[found] ?? found);
