import type pg from "pg";
import { tableOf } from "../../estuary/spec/streams.ts";
import { percent, type Result, type Staging } from "./judge.ts";
import { type Columns, missingFor, scanOf } from "./sql.ts";
import { checkName, type StreamChecks } from "./streams.ts";

/** Columns of the tables that are there. */
export async function columnsOf(
  client: pg.ClientBase,
  tables: readonly string[],
): Promise<Map<string, Columns>> {
  const { rows } = await client.query<{ table: string; column: string; type: string }>(
    `SELECT c.relname AS table, a.attname AS column, format_type(a.atttypid, NULL) AS type
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname = ANY ($1)`,
    [tables],
  );
  const found = new Map<string, Map<string, string>>();
  for (const { table, column, type } of rows) {
    const columns = found.get(table) ?? new Map<string, string>();
    found.set(table, columns.set(column, type));
  }
  return found;
}

/** Recent rows below which their share says nothing: one bad row of 19 would be less than 95 %. */
const fewest = 20;

/**
 * Counts a stream's rows and those that meet its checks. A check's score is the lower of two: of all rows, and of those
 * loaded within the last day, where a fault at the source shows that would vanish among all.
 *
 * @returns undefined where its table is not there
 */
export async function checkRows(
  client: pg.ClientBase,
  stream: StreamChecks,
  tables: ReadonlyMap<string, Columns>,
  threshold: number,
): Promise<{ staging: Staging; living: number; results: Result[] } | undefined> {
  const columns = tables.get(tableOf(stream.stream));
  if (!columns) return undefined;
  const missing = new Map(stream.checks.map((check) => [check, missingFor(check, stream, tables)]));
  const runnable = stream.checks.filter((check) => missing.get(check) === undefined);
  const { rows } = await client.query<Record<string, string> & { newest: Date | string | null }>(
    scanOf(stream, runnable, columns),
  );
  const [counted] = rows;
  const number = (name: string) => Number(counted?.[name] ?? 0);
  const total = number("rows");
  const recent = number("recent");
  const results = stream.checks.map((check): Result => {
    const least = check.atLeast ?? threshold;
    const missed = missing.get(check);
    const index = runnable.indexOf(check);
    const [good, goodOfRecent] = missed === undefined ? [number(`c${index}`), number(`r${index}`)] : [0, 0];
    const ofAll = missed === undefined ? percent(good, total) : 0;
    const ofRecent = recent < fewest || missed !== undefined ? ofAll : percent(goodOfRecent, recent);
    const score = Math.min(ofAll, ofRecent);
    const lately = ofRecent < ofAll && ofRecent < least;
    const message = lately
      ? `${Number(ofRecent.toFixed(2))} % of the ${recent} rows loaded within a day`
      : missed;
    return {
      stream: stream.stream,
      check: checkName(check),
      score,
      threshold: least,
      passed: score >= least,
      observed: total - good,
      ...(message !== undefined && { message }),
    };
  });
  const newest = counted?.newest ? new Date(counted.newest).getTime() / 1000 : undefined;
  return {
    staging: { rows: total, ...(newest !== undefined && { newest }) },
    living: number("living"),
    results,
  };
}
