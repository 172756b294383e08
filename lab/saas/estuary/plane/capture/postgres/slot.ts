import type pg from "pg";
import { literal } from "../../net/postgres.ts";
import { NeedsHand } from "../../task/source.ts";

export interface SlotNames {
  slot: string;
  publication: string;
  /** `<schema>.<table>` */
  watermarks: string;
}

/**
 * Makes sure that the slot is there and can go on from where it was left.
 *
 * @param begun whether something was captured through it before
 * @param renewed whether all bindings are to be read again, which is what a lost slot needs
 * @returns the place in the log from which the slot still has everything
 */
export async function ensureSlot(
  client: pg.Client,
  { slot }: SlotNames,
  begun: boolean,
  renewed: boolean,
): Promise<string> {
  const { rows } = await client.query<{
    database: string;
    wal_status: string | null;
    confirmed: string;
    here: string;
  }>(
    `SELECT database, wal_status, confirmed_flush_lsn AS confirmed, current_database() AS here
     FROM pg_replication_slots WHERE slot_name = $1`,
    [slot],
  );
  const [found] = rows;
  if (found && found.database !== found.here) {
    throw new NeedsHand(`replication slot ${slot} belongs to database ${found.database}, not ${found.here}`);
  }
  const gone = found ? found.wal_status === "lost" : begun;
  if (found && !gone) return found.confirmed;
  if (gone && begun && !renewed) {
    const what = found
      ? "was left behind: PostgreSQL removed log that it needed (max_slot_wal_keep_size)"
      : "is gone";
    throw new NeedsHand(
      `replication slot ${slot} ${what}. Changes were lost: raise the backfill counter of all bindings, of this ` +
        "capture and of what materializes it, and publish",
    );
  }
  if (found) await client.query("SELECT pg_drop_replication_slot($1)", [slot]);
  const created = await client.query<{ lsn: string }>(
    "SELECT lsn FROM pg_create_logical_replication_slot($1, 'pgoutput')",
    [slot],
  );
  return created.rows[0]?.lsn ?? "0/0";
}

/** Fails where the publication does not have all tables: their changes would be missing without a word. */
export async function checkPublication(
  client: pg.Client,
  { publication, watermarks }: SlotNames,
  tables: readonly string[],
): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT schemaname || '.' || tablename AS name FROM pg_publication_tables WHERE pubname = $1",
    [publication],
  );
  const published = new Set(rows.map(({ name }) => name));
  const missing = [...tables, watermarks].filter((name) => !published.has(name));
  if (missing.length === 0) return;
  throw new Error(
    `publication ${publication} lacks ${missing.join(", ")}: ALTER PUBLICATION ${publication} ADD TABLE …`,
  );
}

/** Writes a mark into the log, through the table that is published for that. */
export async function writeWatermark(
  client: pg.Client,
  { slot, watermarks }: SlotNames,
  mark: string,
): Promise<void> {
  const [schema = "public", table = ""] = watermarks.split(".");
  const name = `"${schema}"."${table}"`;
  await client.query(
    `INSERT INTO ${name} (slot, watermark) VALUES (${literal(slot)}, ${literal(mark)})
     ON CONFLICT (slot) DO UPDATE SET watermark = EXCLUDED.watermark`,
  );
}
