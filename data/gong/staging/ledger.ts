import type { ClientBase } from "pg";
import type { Reject } from "./rows.ts";

const source = "gong";
type Client = Pick<ClientBase, "query">;

/** Locks the stream for this session, across all pods. @returns false when another session holds it */
export async function lockStream(client: Client, stream: string): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(
    "SELECT pg_try_advisory_lock(hashtextextended('pipeline/gong/' || $1, 0)) AS taken",
    [stream],
  );
  return rows[0]?.taken === true;
}

/** Where the stream stands; undefined before its first commit. */
export async function readCursor(client: Client, stream: string): Promise<unknown> {
  const { rows } = await client.query<{ cursor: unknown }>(
    "SELECT cursor FROM pipeline_state WHERE source = $1 AND stream = $2",
    [source, stream],
  );
  return rows[0]?.cursor;
}

/** What the history says of a run that did not say itself how it ended. */
export const endedWithoutResult = "ended without a result: the process was killed, or lost the database";

/**
 * Opens a run in the history. As the caller holds the stream's lock, a run that still says `running` is one that ended
 * without recording its result.
 */
export async function openRun(client: Client, stream: string, runId: string): Promise<void> {
  await client.query(
    `WITH dead AS (
       UPDATE sync_history SET status = 'failed', finished_at = now(),
         message = $4
       WHERE source = $2 AND stream = $3 AND status = 'running' AND run_id <> $1)
     INSERT INTO sync_history (run_id, source, stream, status, started_at) VALUES ($1, $2, $3, 'running', now())
     ON CONFLICT (run_id, stream) DO NOTHING`,
    [runId, source, stream, endedWithoutResult],
  );
}

export interface Counts {
  read: number;
  changed: number;
  rejected: number;
}

/** Moves the cursor, and adds to what the run has done by stream; in the transaction of the rows themselves. */
export async function writeProgress(
  client: Client,
  stream: string,
  runId: string,
  cursor: unknown,
  counts: Readonly<Record<string, Counts>> = {},
): Promise<void> {
  const of = Object.values(counts);
  await client.query(
    `WITH progress AS (
       UPDATE sync_history AS h SET rows_read = rows_read + c.read, rows_changed = rows_changed + c.changed,
         rows_rejected = rows_rejected + c.rejected
       FROM unnest($5::text[], $6::bigint[], $7::bigint[], $8::bigint[]) AS c (stream, read, changed, rejected)
       WHERE h.run_id = $4::uuid AND h.stream = c.stream)
     INSERT INTO pipeline_state (source, stream, cursor, run_id, updated_at)
     SELECT $1, $2, $3::jsonb, $4::uuid, now() WHERE $3 IS NOT NULL
     ON CONFLICT (source, stream) DO UPDATE
       SET cursor = excluded.cursor, run_id = excluded.run_id, updated_at = excluded.updated_at`,
    [
      source,
      stream,
      cursor === undefined ? null : JSON.stringify(cursor),
      runId,
      Object.keys(counts),
      of.map(({ read }) => read),
      of.map(({ changed }) => changed),
      of.map(({ rejected }) => rejected),
    ],
  );
}

/**
 * Keeps what was rejected. A record that is read again and still the same is not written again; a field that goes for the
 * second time is.
 */
export async function logRejects(client: Client, stream: string, runId: string, rejects: readonly Reject[]) {
  for (const { key, reason, issues, raw } of rejects) {
    await client.query(
      `INSERT INTO error_logs (run_id, source, stream, key, reason, issues, raw)
       SELECT $1, $2, $3, $4, $5, $6::jsonb, $7::jsonb
       WHERE NOT EXISTS (SELECT FROM error_logs WHERE stream = $3 AND key IS NOT DISTINCT FROM $4
         AND reason = $5 AND issues = $6::jsonb AND raw = $7::jsonb
         AND (raw <> 'null' OR occurred_at > now() - interval '1 hour'))`,
      [runId, source, stream, key, reason, JSON.stringify(issues), raw],
    );
  }
}

export interface Ending {
  status: "succeeded" | "degraded" | "failed";
  message: string | undefined;
  /** Seconds between now and the newest moment that was read to its end; undefined where that is not known. */
  lag: number | undefined;
}

/** Closes the run, and says how the stream is now; both or neither. */
export async function closeRun(client: Client, stream: string, runId: string, ending: Ending) {
  const { status, message = null, lag = null } = ending;
  const state = status === "succeeded" ? "ok" : status;
  await client.query(
    `WITH run AS (
       UPDATE sync_history SET status = $3, finished_at = now(), message = $4
       WHERE run_id = $1 AND stream = $2)
     INSERT INTO pipeline_status AS s (stream, source, state, rows, lag_seconds, last_success_at, message, updated_at)
     VALUES ($2, $5, $6, (SELECT count(*) FROM ${table(stream)} WHERE _deleted_at IS NULL), $7,
       CASE WHEN $3 = 'succeeded' THEN now() END, $4, now())
     ON CONFLICT (stream) DO UPDATE SET source = excluded.source, state = excluded.state, rows = excluded.rows,
       lag_seconds = coalesce(excluded.lag_seconds, s.lag_seconds),
       last_success_at = coalesce(excluded.last_success_at, s.last_success_at),
       message = excluded.message, updated_at = excluded.updated_at`,
    [runId, stream, status, message, source, state, lag],
  );
}

/** Stream names are constants, but a name that becomes SQL is checked in any case. */
function table(stream: string): string {
  if (!/^gong_[a-z_]+$/.test(stream)) throw new Error(`${stream} is no stream of Gong`);
  return `${stream}_staging`;
}
