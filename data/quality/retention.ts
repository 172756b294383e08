import type pg from "pg";

/** When a row of each table was written. */
const writtenAt = {
  error_logs: "occurred_at",
  sync_history: "started_at",
  data_quality_metrics: "measured_at",
} as const;

/** Seconds between two looks for what is too old. */
const every = 3600;
/** Of a table, at once: more than an hour adds, and no statement that lasts. */
const atMost = 10_000;

/** Deletes what the pipeline said of itself when it is old: rejected records hold personal data. */
export class Retention {
  readonly #days: number;
  #at = Number.NEGATIVE_INFINITY;
  constructor(days: number) {
    this.#days = days;
  }

  /** @param at seconds since 1970; it does something once an hour */
  async keep(client: pg.ClientBase, at: number): Promise<void> {
    if (at - this.#at < every) return;
    for (const [table, column] of Object.entries(writtenAt)) {
      await client.query(
        `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM ${table} WHERE ${column} < now() - make_interval(days => $1) LIMIT ${atMost}))`,
        [this.#days],
      );
    }
    this.#at = at;
  }
}
