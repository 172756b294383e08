import type { Database } from "../kit/postgres/database.ts";
import { identifier, type PipelineTable, pipelineTable, qualified } from "../kit/postgres/tables.ts";
import { offsetOf, type Paging, pageOfMore } from "../kit/tool.ts";

/** Which rows of one of the pipeline's own tables are shown. Columns are named by us, values come from the caller. */
export interface Filter {
  table: PipelineTable;
  /** Column of time, by which the newest come first. */
  at: string;
  equal?: { column: string; value: string };
  below?: { column: string; value: number };
  /** Of rows that agree in these columns only the newest. */
  latestOf?: string[];
  /** Columns that are left out. */
  without?: string[];
}

export interface Window extends Paging {
  stream?: string | undefined;
  since?: string | undefined;
}

/** One page of rows as objects. What else the table's columns hold is shown, too. */
export async function history(database: Database, filter: Filter, window: Window, signal: AbortSignal) {
  const { at, equal, below, latestOf, without = [] } = filter;
  return database.read(signal, async (query) => {
    const needed = ["stream", at, ...(latestOf ?? [])];
    if (equal) needed.push(equal.column);
    if (below) needed.push(below.column);
    const table = await pipelineTable(query, filter.table, [...new Set(needed)]);
    // What is not shown may not even be readable.
    const shown = [...table.columns.keys()]
      .filter((column) => !without.includes(column))
      .map((column) => `t.${identifier(column)}`)
      .join(", ");
    const newest = `t.${identifier(at)} DESC NULLS LAST`;
    const by = latestOf?.map((column) => `t.${identifier(column)}`).join(", ");
    const rows = await query<{ row: unknown }>(
      `SELECT to_jsonb(t) AS row
       FROM (SELECT ${by ? `DISTINCT ON (${by})` : ""} ${shown} FROM ${qualified(table)} t
         WHERE ($1::text IS NULL OR t.stream = $1) AND ($2::timestamptz IS NULL OR t.${identifier(at)} >= $2)
         ORDER BY ${by ? `${by}, ` : ""}${newest}) t
       WHERE ${equal ? `t.${identifier(equal.column)}::text = $5` : "$5::text IS NULL"}
         AND ${below ? `t.${identifier(below.column)} < $6` : "$6::float8 IS NULL"}
       ORDER BY ${newest}, t.stream, t::text
       LIMIT $3 OFFSET $4`,
      [
        window.stream ?? null,
        window.since ?? null,
        window.limit + 1,
        offsetOf(window.cursor),
        equal?.value ?? null,
        below?.value ?? null,
      ],
    );
    return pageOfMore(
      rows.map(({ row }) => row),
      window,
    );
  });
}
