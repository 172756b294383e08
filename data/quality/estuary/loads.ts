import type pg from "pg";
import { loadedAt, tableOf } from "../../estuary/spec/streams.ts";
import { type Columns, identifier } from "../checks/sql.ts";
import type { StreamChecks } from "../checks/streams.ts";

/** In PostgreSQL's words, how long rows may come after others that were published in a later hour. */
const late = "1 hour";

/**
 * Writes what Estuary loads into `sync_history`, one row for each stream and hour in which records were published: Estuary
 * loads continuously and has no runs of its own. `rows_read` and `rows_changed` are staging's rows that were published
 * last in that hour, the most that were ever seen: of a record that was published several times the last version alone is
 * in staging. Writing the same again changes nothing.
 *
 * @param days that runs are kept: what is older is not written again
 */
export async function recordLoads(
  client: pg.ClientBase,
  streams: readonly StreamChecks[],
  tables: ReadonlyMap<string, Columns>,
  days: number,
): Promise<void> {
  for (const { stream, source, progressOf } of streams) {
    // What has no progress of an extractor is loaded by Estuary.
    if (progressOf !== undefined || !tables.get(tableOf(stream))?.has(loadedAt)) continue;
    await client.query(
      `INSERT INTO sync_history AS h (run_id, source, stream, status, started_at, finished_at, rows_read, rows_changed)
       SELECT md5($2 || ' ' || extract(epoch FROM date_trunc('hour', at, 'UTC')))::uuid, $1, $2, 'succeeded',
              min(at), max(at), count(*), count(*)
         FROM (SELECT ${identifier(loadedAt)}::timestamptz AS at FROM ${identifier(tableOf(stream))}) AS r
        WHERE at >= (SELECT coalesce(date_trunc('hour', max(started_at), 'UTC') - interval '${late}',
                                     now() - make_interval(days => $3))
                       FROM sync_history WHERE stream = $2)
        GROUP BY date_trunc('hour', at, 'UTC')
       ON CONFLICT (run_id, stream) DO UPDATE SET
         started_at = least(h.started_at, excluded.started_at),
         finished_at = greatest(h.finished_at, excluded.finished_at),
         rows_read = greatest(h.rows_read, excluded.rows_read),
         rows_changed = greatest(h.rows_changed, excluded.rows_changed)
       WHERE h.rows_changed < excluded.rows_changed OR h.finished_at < excluded.finished_at`,
      [source, stream, days],
    );
  }
}
