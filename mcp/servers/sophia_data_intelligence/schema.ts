import type { Database, Row } from "../kit/postgres/database.ts";
import { estimateOf, readableTables, type Table, tablesOf } from "../kit/postgres/tables.ts";
import { type Paging, page, ToolError } from "../kit/tool.ts";

/** Tables that the login may read, of one schema or of all. */
export async function listTables(
  database: Database,
  { schema, ...paging }: Paging & { schema?: string | undefined },
  signal: AbortSignal,
) {
  const tables = await database.read(signal, (query) => readableTables(query));
  const wanted = schema === undefined ? tables : tables.filter((table) => table.schema === schema);
  if (schema !== undefined && wanted.length === 0) {
    const schemas = [...new Set(tables.map((table) => table.schema))].join(", ");
    throw new ToolError(
      `The schema ${schema} has no table that can be read`,
      `There are tables in: ${schemas || "none"}.`,
    );
  }
  return page(
    wanted.map(({ schema, name, rows, comment, columns }) => ({
      table: `${schema}.${name}`,
      ...estimateOf({ rows }),
      columns: columns.size,
      ...(comment !== null && { comment }),
    })),
    paging,
  );
}

const details = `
  SELECT
    (SELECT json_agg(json_build_object('column', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
         'nullable', NOT a.attnotnull, 'comment', left(col_description(a.attrelid, a.attnum), 300),
         'readable', has_column_privilege(c.oid, a.attnum, 'SELECT')) ORDER BY a.attnum)
     FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    (SELECT json_agg(d ORDER BY n) FROM (
       SELECT left(pg_get_indexdef(i.indexrelid), 500) AS d, row_number() OVER (ORDER BY NOT i.indisprimary, i.indexrelid) AS n
       FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid ORDER BY n LIMIT 30) AS first) AS indexes,
    has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT') AS readable
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relname = $2`;

interface Details extends Row {
  columns: (object & { readable: boolean })[] | null;
  indexes: string[] | null;
  readable: boolean;
}

/** A table with a page of its columns; with the first page come its indexes, at most thirty. */
export async function describeTable(
  database: Database,
  { table: wanted, ...paging }: Paging & { table: string },
  signal: AbortSignal,
) {
  return database.read(signal, async (query) => {
    const table = named(wanted, await tablesOf(query));
    const [row] = await query<Details>(details, [table.schema, table.name]);
    const { items, ...rest } = page(row?.columns ?? [], paging);
    const columns = items.map(({ readable, ...column }) => (readable ? column : { ...column, readable }));
    return {
      table: `${table.schema}.${table.name}`,
      ...estimateOf(table),
      ...(table.comment !== null && { comment: table.comment }),
      readable: row?.readable ?? false,
      columns,
      ...(paging.cursor === undefined && { indexes: row?.indexes ?? [] }),
      ...rest,
    };
  });
}

function named(wanted: string, tables: Table[]): Table {
  const found = tables.find(({ schema, name }) => wanted === name || wanted === `${schema}.${name}`);
  if (found) return found;
  const last = wanted.split(".").at(-1) ?? wanted;
  const near = tables.filter(({ name }) => name.includes(last) || last.includes(name)).slice(0, 5);
  const hint = near.map(({ schema, name }) => `${schema}.${name}`).join(", ");
  throw new ToolError(
    `There is no table ${wanted}`,
    hint ? `Did you mean ${hint}?` : "`list_tables` shows what there is.",
  );
}
