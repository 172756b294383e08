import type pg from "pg";
import { fieldReasons } from "../gong/source/drift.ts";
import { endedWithoutResult } from "../gong/staging/ledger.ts";
import type { Result, State } from "./checks/judge.ts";
import { identifier } from "./checks/sql.ts";
import { volume } from "./checks/volume.ts";
import type { BadRecord } from "./estuary/tasks.ts";

/** What our extractor says of itself. */
export interface Run {
  /** How its last run ended. */
  last?: string;
  /** What that run said. */
  message?: string;
  /** Of the last run of the day that read any: records, each once, and those of them that were rejected. */
  read: number;
  rejected: number;
  /** Runs that were found in the last hour to have ended without a result. */
  killed: number;
}

const seconds = (moment: Date | null) => (moment === null ? undefined : moment.getTime() / 1000);

/** Last runs of our extractor by stream, without those under way. What Estuary loaded says nothing of rejected records. */
export async function lastRuns(client: pg.ClientBase): Promise<Map<string, Run>> {
  const { rows } = await client.query<{
    stream: string;
    last: string | null;
    message: string | null;
    read: string | null;
    rejected: string | null;
    killed: string;
  }>(
    `SELECT stream,
            (array_agg(status ORDER BY started_at DESC) FILTER (WHERE status <> 'running'))[1] AS last,
            (array_agg(message ORDER BY started_at DESC) FILTER (WHERE status <> 'running'))[1] AS message,
            (array_agg(rows_read ORDER BY started_at DESC) FILTER (WHERE whole))[1] AS read,
            (array_agg(rows_rejected ORDER BY started_at DESC) FILTER (WHERE whole))[1] AS rejected,
            count(*) FILTER (WHERE message = $1 AND finished_at > now() - interval '1 hour') AS killed
       FROM (SELECT *, status <> 'running' AND rows_read > 0 AND started_at > now() - interval '1 day' AS whole
               FROM sync_history WHERE source = 'gong' AND started_at > now() - interval '30 days') AS runs
      GROUP BY stream`,
    [endedWithoutResult],
  );
  return new Map(
    rows.map(({ stream, last, message, read, rejected, killed }) => {
      const run: Run = {
        read: Number(read ?? 0),
        rejected: Number(rejected ?? 0),
        killed: Number(killed),
        ...(last !== null && { last }),
        ...(message !== null && { message }),
      };
      return [stream, run];
    }),
  );
}

/** Up to when each stream was read whole, in seconds since 1970, as the extractor's own cursor has it. */
export async function readThrough(client: pg.ClientBase): Promise<Map<string, number>> {
  const { rows } = await client.query<{ stream: string; through: string }>(
    // Of calls the windows that were finished, of users the last list that was read to its end.
    `SELECT stream, coalesce(cursor->>'through', cursor->>'read') AS through FROM pipeline_state
      WHERE coalesce(cursor->>'through', cursor->>'read') IS NOT NULL`,
  );
  return new Map(rows.map(({ stream, through }) => [stream, Date.parse(through) / 1000]));
}

/** Logs records that stop tasks at Estuary. A record that is reported again with the same reason is not logged again. */
export async function logBadRecords(
  client: pg.ClientBase,
  runId: string,
  records: readonly BadRecord[],
): Promise<void> {
  for (const { stream, key, reason, raw } of records) {
    await client.query(
      `INSERT INTO error_logs (run_id, source, stream, key, reason, raw)
       SELECT $1, $2, $3, $4, $5, $6::jsonb WHERE NOT EXISTS (SELECT FROM error_logs
         WHERE stream = $3 AND key IS NOT DISTINCT FROM $4 AND reason = $5 AND raw IS NOT DISTINCT FROM $6::jsonb
           AND occurred_at > now() - interval '1 day')`,
      [runId, stream.source, stream.stream, key, reason, raw],
    );
  }
}

/** What `error_logs` has of a stream for the last day. */
export interface Logged {
  /** Different records, however often each was read, or mended and broken again. */
  rejected: number;
  /** Fields that are new. */
  added: number;
  /** Fields that no longer come. */
  gone: number;
  /** Fields whose values have another form. */
  changed: number;
}

/** What was logged in the last day, by stream. */
export async function loggedOf(client: pg.ClientBase): Promise<Map<string, Logged>> {
  const { rows } = await client.query<Record<keyof Logged | "stream", string>>(
    `SELECT stream, count(DISTINCT key) FILTER (WHERE reason = $1) AS added,
            count(DISTINCT key) FILTER (WHERE reason = $2) AS gone,
            count(DISTINCT key) FILTER (WHERE reason = $3) AS changed,
            count(DISTINCT coalesce(key, md5(raw::text), reason)) FILTER (WHERE reason NOT IN ($1, $2, $3)) AS rejected
       FROM error_logs WHERE occurred_at > now() - interval '1 day' GROUP BY stream`,
    [fieldReasons.added, fieldReasons.gone, fieldReasons.changed],
  );
  return new Map(
    rows.map(({ stream, rejected, added, gone, changed }) => [
      stream,
      { rejected: Number(rejected), added: Number(added), gone: Number(gone), changed: Number(changed) },
    ]),
  );
}

/** The most rows that each stream had in the last day, as the check of its volume wrote down. */
export async function mostRows(client: pg.ClientBase): Promise<Map<string, number>> {
  const { rows } = await client.query<{ stream: string; most: number }>(
    `SELECT stream, max(observed) AS most FROM data_quality_metrics
      WHERE check_name = $1 AND measured_at > now() - interval '1 day' GROUP BY stream`,
    [volume],
  );
  return new Map(rows.map(({ stream, most }) => [stream, most]));
}

/** When the oldest row was loaded that came after `newest` (seconds since 1970). */
export async function oldestAfter(
  client: pg.ClientBase,
  table: string,
  column: string,
  newest: number | undefined,
): Promise<number | undefined> {
  const { rows } = await client.query<{ oldest: Date | null }>(
    // A millisecond for what is rounded on the way.
    `SELECT min(${identifier(column)})::timestamptz AS oldest FROM ${identifier(table)}
      WHERE ${identifier(column)}::timestamptz > to_timestamp($1) + interval '1 millisecond'`,
    [newest ?? 0],
  );
  return seconds(rows[0]?.oldest ?? null);
}

/** How full a replication slot's share of the disk is. */
export interface Slot {
  name: string;
  /** `reserved`, `extended`, `unreserved`, `lost` */
  status: string;
  active: boolean;
  behindBytes: number;
  /** Until it is lost; undefined where nothing limits it. */
  safeBytes?: number;
  /** What it may keep; undefined where nothing limits it. */
  limitBytes?: number;
}

/** Logical replication slots of this database. */
export async function slots(client: pg.ClientBase): Promise<Slot[]> {
  const { rows } = await client.query<{
    name: string;
    status: string | null;
    active: boolean;
    behind: string | null;
    safe: string | null;
    keep: string;
  }>(
    `SELECT slot_name AS name, wal_status AS status, active, safe_wal_size AS safe,
            pg_size_bytes(current_setting('max_slot_wal_keep_size')) AS keep,
            pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn) AS behind
       FROM pg_replication_slots WHERE slot_type = 'logical' AND database = current_database()`,
  );
  return rows.map(({ name, status, active, behind, safe, keep }) => ({
    name,
    status: status ?? "lost",
    active,
    behindBytes: Number(behind ?? 0),
    ...(safe !== null && { safeBytes: Number(safe) }),
    // -1: without limit.
    ...(Number(keep) > 0 && { limitBytes: Number(keep) }),
  }));
}

/** A line of `pipeline_status`. */
export interface StreamStatus {
  stream: string;
  source: string;
  state: State;
  /** In staging; undefined where the table is not there. */
  rows: number | undefined;
  /** In the warehouse; undefined where nobody looked. */
  warehouseRows: number | undefined;
  /** Seconds. */
  lag: number | undefined;
  /** Percent. */
  quality: number | undefined;
  message: string | undefined;
}

/** Writes how streams are now, of those alone that the stack has, and those results that are worth keeping. */
export async function write(
  client: pg.ClientBase,
  run: { id: string; statuses: readonly StreamStatus[]; results: readonly Result[] },
): Promise<void> {
  if (run.results.length > 0) {
    await client.query(
      `INSERT INTO data_quality_metrics (stream, check_name, score, passed, observed, threshold, run_id)
       SELECT stream, check_name, score, passed, observed, threshold, $2
         FROM jsonb_to_recordset($1::jsonb) AS r (stream text, check_name text, score double precision, passed boolean,
                                                observed double precision, threshold double precision)`,
      [JSON.stringify(run.results.map(({ check, ...rest }) => ({ check_name: check, ...rest }))), run.id],
    );
  }
  await client.query("DELETE FROM pipeline_status WHERE stream <> ALL ($1)", [
    run.statuses.map(({ stream }) => stream),
  ]);
  await client.query(
    `INSERT INTO pipeline_status AS s (stream, source, state, rows, warehouse_rows, lag_seconds, quality, message,
                                       last_success_at, updated_at)
     SELECT stream, source, state, rows, warehouse_rows, lag, quality, message,
            CASE WHEN state = 'ok' THEN now() END, now()
       FROM jsonb_to_recordset($1::jsonb) AS r (stream text, source text, state text, rows bigint, warehouse_rows bigint,
                                              lag double precision, quality double precision, message text)
     ON CONFLICT (stream) DO UPDATE SET source = excluded.source, state = excluded.state, rows = excluded.rows,
       warehouse_rows = coalesce(excluded.warehouse_rows, s.warehouse_rows), lag_seconds = excluded.lag_seconds,
       quality = excluded.quality, message = excluded.message, updated_at = excluded.updated_at,
       last_success_at = coalesce(excluded.last_success_at, s.last_success_at)`,
    [
      JSON.stringify(
        run.statuses.map(({ warehouseRows, ...rest }) => ({ ...rest, warehouse_rows: warehouseRows })),
      ),
    ],
  );
}
