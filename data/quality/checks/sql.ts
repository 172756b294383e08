import { loadedAt, tableOf } from "../../estuary/spec/streams.ts";
import { warehouseIdentifier } from "../warehouse/identifiers.ts";
import { checkName, type RowCheck, type StreamChecks } from "./streams.ts";

/** A name in quotes, for SQL. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** Columns of a table by type, as `information_schema` names it. */
export type Columns = ReadonlyMap<string, string>;

const numeric = "^-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?$";

/** A column as a number; HubSpot's are all texts, and one that is none is out of every range. */
function numberOf(column: string, type: string): string {
  if (type.startsWith("timestamp")) return `extract(epoch FROM ${column})`;
  if (type === "text") return `CASE WHEN ${column} ~ ${literal(numeric)} THEN ${column}::numeric END`;
  return `${column}::numeric`;
}

/** The condition of a check, about the row `t`. Pure. */
export function conditionOf(check: RowCheck, columns: Columns): string {
  const column = `t.${identifier(check.column)}`;
  const text = `${column}::text`;
  const empty = `(${column} IS NULL OR ${text} = '')`;
  switch (check.kind) {
    case "completeness":
      return `NOT ${empty}`;
    case "validity":
      return `(${empty} OR ${text} ~* ${literal(check.matches)})`;
    case "range": {
      const number = numberOf(column, columns.get(check.column) ?? "text");
      const bounds = [
        ...(check.from === undefined ? [] : [`${number} >= ${check.from}`]),
        ...(check.to === undefined ? [] : [`${number} <= ${check.to}`]),
      ];
      return `(${empty} OR coalesce(${bounds.join(" AND ")}, false))`;
    }
    case "reference": {
      const other = identifier(tableOf(check.stream));
      return `(${empty} OR EXISTS (SELECT 1 FROM ${other} o WHERE o.${identifier(check.key)}::text = ${text}))`;
    }
  }
}

/** What a check needs and the database has not, if anything. */
export function missingFor(
  check: RowCheck,
  { stream }: StreamChecks,
  tables: ReadonlyMap<string, Columns>,
): string | undefined {
  if (!tables.get(tableOf(stream))?.has(check.column)) return `column ${check.column} does not exist`;
  if (check.kind !== "reference") return undefined;
  return tables.get(tableOf(check.stream))?.has(check.key) ? undefined : `${check.stream} has no table`;
}

/**
 * One scan for all checks of a stream: `rows`, `living` (those that are not marked as deleted), `recent` (loaded within the
 * last day), `newest` (when the newest row was loaded), and of each check how many rows meet it, of all as `c0`, `c1`, …
 * and of the recent ones as `r0`, `r1`, … Pure.
 */
export function scanOf(stream: StreamChecks, checks: readonly RowCheck[], columns: Columns): string {
  const loaded = `t.${identifier(loadedAt)}`;
  const timed = columns.has(loadedAt);
  // A subquery is evaluated once, not for every row.
  const recent = timed ? `${loaded}::timestamptz > (SELECT now() - interval '1 day')` : "false";
  const counts = checks.flatMap((check, index) => {
    const condition = conditionOf(check, columns);
    return [
      `count(*) FILTER (WHERE ${condition}) AS c${index} /* ${checkName(check).replaceAll("*/", "")} */`,
      `count(*) FILTER (WHERE ${recent} AND ${condition}) AS r${index}`,
    ];
  });
  const living = columns.has("_deleted_at") ? `FILTER (WHERE t.${identifier("_deleted_at")} IS NULL)` : "";
  const selected = [
    "count(*) AS rows",
    `count(*) ${living} AS living`,
    `count(*) FILTER (WHERE ${recent}) AS recent`,
    `${timed ? `max(${loaded})` : "NULL::timestamptz"} AS newest`,
    ...counts,
  ].join(", ");
  return `SELECT ${selected} FROM ${identifier(tableOf(stream.stream))} t`;
}

/** How many rows a stream has in the warehouse, how many keys, and the newest. Snowflake's SQL. Pure. */
export function warehouseScanOf({ stream, key }: StreamChecks): string {
  // Snowflake enforces no keys: what is there twice shows only when counted.
  const keys = key.map(warehouseIdentifier).join(", ");
  const table = warehouseIdentifier(tableOf(stream));
  return (
    `SELECT (SELECT count(*) FROM ${table}) AS "rows", (SELECT count(*) FROM (SELECT DISTINCT ${keys} FROM ${table}))` +
    ` AS "keys", (SELECT max(${warehouseIdentifier(loadedAt)}) FROM ${table}) AS "newest"`
  );
}
