import { tableOf } from "../../../data/estuary/spec/streams.ts";
import { streamChecks } from "../../../data/quality/checks/streams.ts";
import { warehouseIdentifier } from "../../../data/quality/warehouse/identifiers.ts";

export interface Leg {
  name: string;
  rows: number;
  seconds: number;
}

/** Rows a second: five times P4's million a day within an hour. */
const floor = (5 * 1_000_000) / 3600;
/** Of fewer rows a leg's time is that of its start. */
const judged = 5000;

/** Legs that are too slow, a line each. Pure. */
export const tooSlow = (legs: readonly Leg[]): string[] =>
  legs
    .filter(({ rows, seconds }) => rows >= judged && rows / seconds < floor)
    .map(
      ({ name, rows, seconds }) =>
        `${name}: ${Math.round(rows / seconds)} rows/s, and ${Math.round(floor)} are wanted`,
    );

/** Streams of which a row is in the warehouse more than once. */
export async function twice(
  query: (sql: string) => Promise<readonly Record<string, unknown>[]>,
): Promise<string[]> {
  const found: string[] = [];
  for (const { stream, key } of streamChecks) {
    const columns = key.map(warehouseIdentifier).join(", ");
    const [row] = await query(
      `SELECT count(*) AS n FROM (SELECT ${columns} FROM ${tableOf(stream)} GROUP BY ${columns} HAVING count(*) > 1) AS t`,
    );
    if (Number(row?.N) !== 0) found.push(`${stream}: ${String(row?.N)} keys are there more than once`);
  }
  return found;
}
