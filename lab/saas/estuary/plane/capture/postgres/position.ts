/** How far one table's first read is. */
interface TableProgress {
  /** Counter of the binding with which it began. */
  backfill: number;
  done: boolean;
  /** Key of the last row that was read, as text. */
  last?: string[];
}

/** Where a capture stands. */
export interface PostgresPosition {
  /** End of the last transaction that was delivered whole. */
  lsn?: string;
  /** By collection. */
  tables: Record<string, TableProgress>;
}

export interface TableBinding {
  collection: string;
  schema: string;
  table: string;
  backfill: number;
  /** What is there already is not read. */
  onlyChanges: boolean;
}

/** Where to begin, and whether every table is read from its start again. */
export function beginning(
  known: PostgresPosition | undefined,
  bindings: readonly TableBinding[],
): { position: PostgresPosition; renewed: boolean } {
  const tables: Record<string, TableProgress> = {};
  let renewed = true;
  for (const { collection, backfill, onlyChanges } of bindings) {
    const before = known?.tables[collection];
    const goesOn = before !== undefined && before.backfill === backfill;
    tables[collection] = goesOn ? before : { backfill, done: onlyChanges };
    renewed &&= !goesOn;
  }
  return { position: { ...(known?.lsn === undefined ? {} : { lsn: known.lsn }), tables }, renewed };
}

/**
 * Whether a snapshot sees all these transactions. PostgreSQL writes a commit to its log a moment before others see it.
 *
 * @param snapshot as `pg_current_snapshot()` says it: `xmin:xmax:xip,…`
 * @param xids 32 bits each, as the replication stream has them
 */
export function seesAll(snapshot: string, xids: readonly number[]): boolean {
  const [, most = "0", open = ""] = snapshot.split(":");
  const short = (xid: string): number => Number(BigInt(xid) & 0xffffffffn);
  const unseen = new Set(open === "" ? [] : open.split(",").map(short));
  const limit = short(most);
  // Numbers wrap around: less than half of all ahead counts as later.
  return xids.every((raw) => {
    const xid = raw >>> 0;
    return !unseen.has(xid) && xid !== limit && (limit - xid) >>> 0 < 2 ** 31;
  });
}
