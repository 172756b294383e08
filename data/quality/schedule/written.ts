import type pg from "pg";
import { stagingSchema, tableOf } from "../../estuary/spec/streams.ts";
import type { StreamChecks } from "../checks/streams.ts";

/**
 * What was ever written to the streams' tables, as a text that each load changes, without a scan of any table: PostgreSQL's
 * own counters, which every login may read, and the end of the Gong extractor's last run, which may have stored nothing. A
 * session reports to the counters after its transaction, at once or within ten seconds.
 *
 * @throws when PostgreSQL cannot be read
 */
export async function writtenTo(pool: pg.Pool, streams: readonly StreamChecks[]): Promise<string> {
  const names = streams.map(({ stream }) => stream);
  const { rows } = await pool.query<{ written: string }>(
    `SELECT concat_ws(' ',
      (SELECT string_agg(concat_ws(':', relid, n_tup_ins + n_tup_upd + n_tup_del), ' ' ORDER BY relid)
         FROM pg_stat_user_tables WHERE schemaname = $1 AND relname = ANY ($2)),
      (SELECT max(finished_at) FROM sync_history
        WHERE stream = ANY ($3) AND started_at > now() - interval '1 day' AND source = 'gong')) AS written`,
    [stagingSchema, names.map(tableOf), names],
  );
  return rows[0]?.written ?? "";
}
