import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ClientBase } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { inTransaction } from "../../kit/database.ts";
import { type Reject, type Row, recordOf } from "./rows.ts";
import { copyInto, knownHashes, type Table, upsert } from "./tables.ts";

/** What a batch brings with it. */
interface Provenance {
  runId: string;
  /** When Gong gave it. */
  extractedAt: Date;
}

interface Loaded {
  /** Rows that are new or differ. */
  changed: number;
  rejects: Reject[];
}

/**
 * Runs a transaction that loads rows. Bad ones are rare: only where PostgreSQL refused one is all done again with
 * savepoints, by which it is found.
 */
export async function loading<T>(client: ClientBase, work: (load: Load) => Promise<T>): Promise<T> {
  try {
    return await inTransaction(client, () => work((...batch) => differing(client, ...batch)));
  } catch (error) {
    if (refusalOf(error) === undefined) throw error;
    return await inTransaction(client, () => work((...batch) => copyGood(client, ...batch)));
  }
}

/** Loads rows that are new or differ. Each key may come once. */
export type Load = (table: Table, rows: readonly Row[], provenance: Provenance) => Promise<Loaded>;

/**
 * Rows that are known to be new go straight into their table, as fast as a bare COPY; nobody else writes it meanwhile, as
 * the caller holds the stream's lock. Only what is there and differs takes the way through the session's own table.
 */
async function differing(
  client: ClientBase,
  ...[table, rows, provenance]: Parameters<Load>
): Promise<Loaded> {
  const known = knownHashes(table);
  if (known === undefined) return takeOver(client, table, rows, provenance);
  if (rows.length === 0) return { changed: 0, rejects: [] };
  const there = await client.query<{ key: string; hash: string | null }>(known, [rows.map(({ key }) => key)]);
  const hashes = new Map(there.rows.map(({ key, hash }) => [key, hash]));
  const fresh = rows.filter(({ key }) => !hashes.has(key));
  const others = rows.filter(({ key, hash }) => hashes.has(key) && hashes.get(key) !== hash);
  if (fresh.length > 0) await copy(client, table, "table", fresh, provenance);
  const loaded = await takeOver(client, table, others, provenance);
  return { ...loaded, changed: loaded.changed + fresh.length };
}

/** Through the session's own table, whatever is there already; at once those that lack the same columns. */
async function takeOver(client: ClientBase, ...[table, rows, provenance]: Parameters<Load>): Promise<Loaded> {
  let changed = 0;
  for (const alike of Map.groupBy(rows, ({ absent }) => absent.join()).values()) {
    await copy(client, table, "batch", alike, provenance);
    // Of the rows before them, which are still in the batch, the hash is the same by now.
    const { rowCount } = await client.query(upsert(table, alike[0]?.absent ?? []));
    changed += rowCount ?? 0;
  }
  return { changed, rejects: [] };
}

async function copy(
  client: ClientBase,
  table: Table,
  where: "batch" | "table",
  rows: readonly Row[],
  { runId, extractedAt }: Provenance,
): Promise<void> {
  const audit = [runId, extractedAt.toISOString(), new Date().toISOString()].join("\t");
  const lines = Readable.from(chunks(rows, audit), { objectMode: false });
  await pipeline(lines, client.query(copyFrom(copyInto(table, where))));
}

/** A row that PostgreSQL refuses is found by halves; the others are loaded. */
async function copyGood(client: ClientBase, ...[table, rows, provenance]: Parameters<Load>): Promise<Loaded> {
  await client.query("SAVEPOINT batch");
  try {
    const loaded = await takeOver(client, table, rows, provenance);
    await client.query("RELEASE SAVEPOINT batch");
    return loaded;
  } catch (error) {
    const refused = refusalOf(error);
    if (refused === undefined) throw error;
    await client.query("ROLLBACK TO SAVEPOINT batch");
    const [only] = rows;
    if (only && rows.length === 1) return { changed: 0, rejects: [{ ...refused, ...of(only) }] };
    const half = Math.ceil(rows.length / 2);
    const first = await copyGood(client, table, rows.slice(0, half), provenance);
    const second = await copyGood(client, table, rows.slice(half), provenance);
    return { changed: first.changed + second.changed, rejects: [...first.rejects, ...second.rejects] };
  }
}

const of = (row: Row) => ({ key: row.key, raw: recordOf(row) });

/** Few large pieces are cheaper than many small ones. */
function* chunks(rows: readonly Row[], audit: string): Generator<Buffer> {
  let pieces: Buffer[] = [];
  let size = 0;
  for (const { line, hash } of rows) {
    pieces.push(line, Buffer.from(`\t${audit}\t\\\\x${hash}\n`));
    size += line.length;
    if (size > 1_000_000) {
      yield Buffer.concat(pieces);
      pieces = [];
      size = 0;
    }
  }
  if (pieces.length > 0) yield Buffer.concat(pieces);
}

/** What is wrong with the data; undefined where it is something else. Values are left out: they may be of people. */
function refusalOf(error: unknown): Pick<Reject, "reason" | "issues"> | undefined {
  const { code, column, constraint, where } = (error ?? {}) as {
    code?: string;
    column?: string;
    constraint?: string;
    where?: string;
  };
  // Data that cannot be converted, constraints, and limits of the server such as a text that is too long.
  if (typeof code !== "string" || !/^(22|23|54)/.test(code)) return undefined;
  const place = column ?? constraint ?? /, column (\w+)/.exec(where ?? "")?.[1] ?? "";
  return { reason: `PostgreSQL refuses it (${code})`, issues: [{ path: place, message: code }] };
}
