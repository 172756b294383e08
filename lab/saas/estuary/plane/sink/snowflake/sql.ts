import { warehouseIdentifier } from "../../../../../../data/quality/warehouse/identifiers.ts";
import type { Column } from "../../collections/fields.ts";
import type { ColumnType } from "../../collections/schema.ts";
import { quoted } from "../../net/postgres.ts";
import type { Binding } from "../../task/sink.ts";

const types: Record<Exclude<ColumnType, "timestamp">, string> = {
  string: "TEXT",
  integer: "NUMBER(38,0)",
  number: "FLOAT",
  boolean: "BOOLEAN",
  date: "DATE",
  uuid: "TEXT",
  bigInteger: "NUMBER(38,0)",
  decimal: "FLOAT",
  json: "VARIANT",
};

/** `TIMESTAMP_NTZ (normalize to UTC)` names a type and what the connector does about the zone. */
export const timestampType = (setting: string): string => setting.split(" ")[0] ?? "TIMESTAMP_LTZ";

const typeOf = (column: Column, timestamp: string): string =>
  column.type === "timestamp" ? timestamp : types[column.type];

const always = (column: Column): boolean => column.key || column.synthetic !== undefined;

/** A table's full name in SQL. */
export const nameOf = ({ database, schema, table }: Pick<Binding, "database" | "schema" | "table">): string =>
  [
    ...(database === undefined ? [] : [quoted(database)]),
    warehouseIdentifier(schema),
    warehouseIdentifier(table),
  ].join(".");

/** A table in Estuary's layout. */
export function createTable(binding: Binding, timestamp: string): string {
  const lines = binding.columns.map(
    (column) =>
      `${warehouseIdentifier(column.field)} ${typeOf(column, timestamp)}${always(column) ? " NOT NULL" : ""}`,
  );
  const keys = binding.columns.filter(({ key }) => key).map(({ field }) => warehouseIdentifier(field));
  return `CREATE TABLE ${nameOf(binding)} (${[...lines, `PRIMARY KEY (${keys.join(", ")})`].join(", ")})`;
}

/** Adds a column to a table that exists. */
export const addColumn = (binding: Binding, column: Column, timestamp: string): string =>
  `ALTER TABLE ${nameOf(binding)} ADD COLUMN ${warehouseIdentifier(column.field)} ${typeOf(column, timestamp)}`;

/** Where a batch is loaded to, all of it text; `flow_group` says which statement takes a row. */
export const createTemporary = (name: string, binding: Binding): string =>
  `CREATE TEMPORARY TABLE ${name} (${binding.columns.map(({ field }) => `${warehouseIdentifier(field)} TEXT`).join(", ")}, "flow_group" NUMBER(38,0))`;

/** Where the keys of documents that are wanted are loaded to, all of them text. */
export const createWanted = (name: string, keys: readonly Column[]): string =>
  `CREATE TEMPORARY TABLE ${name} (${keys.map(({ field }) => `${warehouseIdentifier(field)} TEXT`).join(", ")}, "flow_row" NUMBER(38,0))`;

/** The documents of a table's rows that are wanted, each with the number that its key was loaded with. */
export function selectDocuments(
  name: string,
  binding: Binding,
  { field }: Column,
  timestamp: string,
): string {
  const keys = binding.columns.filter(({ key }) => key);
  const same = keys
    .map((one) => `r.${warehouseIdentifier(one.field)} = l.${warehouseIdentifier(one.field)}`)
    .join(" AND ");
  const wanted = `SELECT ${keys.map((column) => cast(column, timestamp)).join(", ")}, "flow_row" FROM ${name}`;
  return `SELECT l."flow_row" AS "row", CAST(r.${warehouseIdentifier(field)} AS TEXT) AS "document" FROM ${nameOf(binding)} AS r JOIN (${wanted}) AS l ON ${same}`;
}

function cast(column: Column, timestamp: string): string {
  const from = warehouseIdentifier(column.field);
  if (column.type === "json") return `PARSE_JSON(${from}) AS ${from}`;
  const type = typeOf(column, timestamp);
  return type === "TEXT" ? from : `CAST(${from} AS ${type}) AS ${from}`;
}

/** Deletes group 0. */
export function deleteRows(name: string, binding: Binding, timestamp: string): string {
  const keys = binding.columns.filter(({ key }) => key);
  const same = keys
    .map(({ field }) => `r.${warehouseIdentifier(field)} = l.${warehouseIdentifier(field)}`)
    .join(" AND ");
  const from = `SELECT ${keys.map((column) => cast(column, timestamp)).join(", ")} FROM ${name} WHERE "flow_group" = 0`;
  return `MERGE INTO ${nameOf(binding)} AS r USING (${from}) AS l ON ${same} WHEN MATCHED THEN DELETE`;
}

/** Inserts or updates a group; columns in `kept` stay as they are in rows that exist. */
export function mergeRows(
  name: string,
  binding: Binding,
  group: number,
  kept: ReadonlySet<string>,
  timestamp: string,
): string {
  const columns = binding.columns.filter(({ field }) => !kept.has(field));
  const names = columns.map(({ field }) => warehouseIdentifier(field));
  const same = columns
    .filter(({ key }) => key)
    .map(({ field }) => `r.${warehouseIdentifier(field)} = l.${warehouseIdentifier(field)}`);
  const set = columns
    .filter(({ key }) => !key)
    .map(({ field }) => `${warehouseIdentifier(field)} = l.${warehouseIdentifier(field)}`);
  const from = `SELECT ${columns.map((column) => cast(column, timestamp)).join(", ")} FROM ${name} WHERE "flow_group" = ${group}`;
  return (
    `MERGE INTO ${nameOf(binding)} AS r USING (${from}) AS l ON ${same.join(" AND ")} ` +
    `WHEN MATCHED THEN UPDATE SET ${set.join(", ")} ` +
    `WHEN NOT MATCHED THEN INSERT (${names.join(", ")}) VALUES (${names.map((one) => `l.${one}`).join(", ")})`
  );
}
