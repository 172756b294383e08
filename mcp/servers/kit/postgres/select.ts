import { parseExactly } from "../json.ts";
import { maxText, offsetOf, type Paging, ToolError } from "../tool.ts";
import type { Database, Query } from "./database.ts";

/** Longest row as JSON, in bytes; a longer one does not leave PostgreSQL. */
const maxRow = 50_000;

/** Rows that are fetched at once: what they hold at most fits into memory easily. */
const batch = 20;

const before = `DECLARE answer NO SCROLL CURSOR FOR SELECT CASE WHEN octet_length(j) <= ${maxRow} THEN j END AS j, octet_length(j) AS size FROM (SELECT row_to_json(q)::text AS j FROM (\n`;
// OFFSET 0 keeps the row from being turned to JSON once for each use.
const after = "\n) AS q OFFSET 0) AS r";

/**
 * Takes the caller's text as it is, and runs nothing. What this accepts is one whole query with balanced brackets, so
 * that it cannot end the subquery around it and add rows to which `maxRow` does not apply. As long as `before`, so that
 * errors name the same positions.
 */
const probe = "DECLARE probe NO SCROLL CURSOR FOR\n".padStart(before.length);

export interface Selected {
  rows: unknown[];
  nextCursor?: string;
}

/**
 * One page of what a query of the caller's yields. Anything but one query is a syntax error; the transaction and the
 * login are what keeps it from doing harm.
 *
 * @throws ToolError
 */
export async function select(
  database: Database,
  sql: string,
  { limit, cursor }: Paging,
  signal?: AbortSignal,
): Promise<Selected> {
  const start = offsetOf(cursor);
  const statement = sql.trim().replace(/;\s*$/, "");
  return database.read(
    signal,
    async (query) => {
      await query(`${probe}${statement}`);
      await query("CLOSE probe");
      await query(`${before}${statement}${after}`);
      if (start > 0) await query(`MOVE FORWARD ${start} IN answer`);
      const texts: string[] = [];
      let size = 0;
      while (texts.length <= limit) {
        const asked = Math.min(batch, limit + 1 - texts.length);
        const rows = await query<{ j: string | null; size: number }>(`FETCH ${asked} FROM answer`);
        if (texts.length === 0) await refuseDuplicates(query, rows[0]?.j);
        for (const { j, size: bytes } of rows) {
          if (j === null) throw tooLong(start + texts.length, bytes);
          size += j.length;
          // The answer's text is bounded, too: what no longer fits begins the next page.
          if (size > maxText - 1000) return paged(texts, start, true);
          texts.push(j);
        }
        if (rows.length < asked) break;
      }
      return paged(texts.slice(0, limit), start, texts.length > limit);
    },
    { prefix: before.length },
  );
}

const paged = (texts: string[], start: number, more: boolean): Selected => ({
  rows: texts.map(parseExactly),
  ...(more && { nextCursor: String(start + texts.length) }),
});

/** Of two columns of one name, an object in JavaScript would keep the second. */
async function refuseDuplicates(query: Query, row: string | null | undefined): Promise<void> {
  if (row === null || row === undefined) return;
  const names = await query<{ name: string }>(
    "SELECT name FROM json_object_keys($1::json) AS name GROUP BY name HAVING count(*) > 1 ORDER BY name",
    [row],
  );
  if (names.length === 0) return;
  throw new ToolError(
    `The query has more than one column ${names.map(({ name }) => name).join(", and more than one ")}`,
    "Give each its own name with AS.",
  );
}

const tooLong = (row: number, bytes: number) =>
  new ToolError(
    `Row ${row + 1} has ${bytes} bytes, more than ${maxRow}`,
    "Select fewer columns, or parts of long ones with left(…) or ->.",
  );
