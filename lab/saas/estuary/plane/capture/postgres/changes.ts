import { randomUUID } from "node:crypto";
import type pg from "pg";
import type { Pgoutput } from "pg-logical-replication";
import { type Clock, notYet, waitFor } from "../../../../../../components/core/wait.ts";
import type { Change } from "../../collections/document.ts";
import { type Emit, NeedsHand, SchemaChanged } from "../../task/source.ts";
import { type PostgresPosition, seesAll, type TableBinding } from "./position.ts";
import { type SlotNames, writeWatermark } from "./slot.ts";
import type { Message } from "./stream.ts";
import { chunkOf, documentOf, schemaOfTable, type Table } from "./tables.ts";

/** What is delivered of one transaction before its end comes; it starts again after a restart. */
const piece = { changes: 2000, bytes: 4_000_000 };
/** Rows that are read at once: so many at first, then as many as make about this many bytes. */
const portion = { rows: 200, bytes: 4_000_000 };
/** Transactions that are remembered to see whether a snapshot has them. */
const remembered = 5000;

type Tuple = Record<string, string | null | undefined>;

export interface ChangesOptions {
  /** For reading tables; not the one that replicates. */
  client: pg.Client;
  names: SlotNames;
  bindings: readonly TableBinding[];
  /** By collection, as the session knows them. */
  tables: ReadonlyMap<string, Table>;
  clock: Clock;
  /** Rows of a table that are read at once at most. */
  chunk: number;
  position: PostgresPosition;
  emit: Emit;
  /** A transaction ended that had nothing for us. */
  passed(lsn: string): void;
  describe(binding: TableBinding): Promise<Table>;
}

interface Known {
  binding: TableBinding;
  table: Table;
  /** Columns by name that the relation has, with their types. */
  oids: Map<string, number>;
}

/**
 * Makes deliveries of what the slot sends. While tables are read for the first time, a mark is written into the log, and
 * where it comes by, the next rows by key go in: whatever changed them later follows in the log.
 */
export class Changes {
  readonly #options: ChangesOptions;
  readonly #relations = new Map<number, Known | null>();
  #position: PostgresPosition;
  #changes: Change[] = [];
  #bytes = 0;
  #mark: string | undefined;
  #markSeen = false;
  /** Changes of the transaction that is under way were delivered. */
  #begun = false;
  #xids: number[] = [];
  #portion = portion.rows;
  inTransaction = false;

  constructor(options: ChangesOptions) {
    this.#options = options;
    this.#position = options.position;
  }

  begin(): Promise<void> {
    return this.#nextMark();
  }

  async handle(message: Message): Promise<void> {
    switch (message.tag) {
      case "begin":
        this.inTransaction = true;
        this.#xids.push(message.xid);
        if (this.#xids.length > remembered) this.#xids.splice(0, remembered / 2);
        return;
      case "relation":
        return this.#relation(message);
      case "insert":
        return this.#upsert(message.relation, "c", message.new);
      case "update": {
        // The key comes along only where it changed; the old row is then gone.
        if (message.key) await this.#delete(message.relation, message.key);
        return this.#upsert(message.relation, "u", message.new);
      }
      case "delete":
        return this.#delete(message.relation, message.key ?? message.old ?? {});
      case "truncate":
        return this.#truncated(message.relations);
      case "commit":
        return this.#commit(message.commitEndLsn ?? "0/0");
      default:
        return;
    }
  }

  get #backfilling(): boolean {
    return Object.values(this.#position.tables).some(({ done }) => !done);
  }

  async #relation({ relationOid, schema, name, columns }: Pgoutput.MessageRelation): Promise<void> {
    const binding = this.#options.bindings.find((one) => one.schema === schema && one.table === name);
    const table = binding && this.#options.tables.get(binding.collection);
    if (!binding || !table) return void this.#relations.set(relationOid, null);
    const oids = new Map(columns.map((column) => [column.name, column.typeOid]));
    const same =
      oids.size === table.columns.length &&
      table.columns.every(({ name: known, oid }) => oids.get(known) === oid);
    if (!same) {
      // What is replicated may not be visible yet, and the table would then look as it did before.
      const fresh = await this.#snapshot(() => this.#options.describe(binding));
      if (JSON.stringify(schemaOfTable(fresh)) !== JSON.stringify(schemaOfTable(table))) {
        throw new SchemaChanged(`${schema}.${name} has other columns than before`);
      }
    }
    this.#relations.set(relationOid, { binding, table, oids });
  }

  async #upsert(
    { relationOid, name, schema }: Pgoutput.MessageRelation,
    op: "c" | "u",
    tuple: Tuple,
  ): Promise<void> {
    const known = this.#relations.get(relationOid);
    if (!known) {
      const isMark = `${schema}.${name}` === this.#options.names.watermarks;
      if (isMark && tuple.watermark === this.#mark) this.#markSeen = true;
      return;
    }
    const columns = known.table.columns.filter((column) => known.oids.get(column.name) === column.oid);
    // PostgreSQL leaves out large values that did not change, and a log that is older than the table lacks columns: the
    // document leaves them out too.
    const document = documentOf(
      known.table,
      op,
      columns.map(({ name, oid }) => [name, oid, tuple[name]] as const),
    );
    await this.#add({ collection: known.binding.collection, document }, tuple);
  }

  async #delete({ relationOid }: Pgoutput.MessageRelation, tuple: Tuple): Promise<void> {
    const known = this.#relations.get(relationOid);
    if (!known) return;
    const keys = known.table.columns.filter(({ name }) => known.table.key.includes(name));
    const document = documentOf(
      known.table,
      "d",
      keys.map(({ name, oid }) => [name, oid, tuple[name]] as const),
    );
    await this.#add({ collection: known.binding.collection, document }, tuple);
  }

  #truncated(relations: readonly Pgoutput.MessageRelation[]): void {
    const bound = relations
      .map(({ relationOid }) => this.#relations.get(relationOid))
      // A table that is about to be read anyway may have been emptied before.
      .find((known) => known && this.#position.tables[known.binding.collection]?.done);
    if (!bound) return;
    throw new NeedsHand(
      `table ${bound.table.schema}.${bound.table.name} was truncated, which names no rows to delete: raise the backfill ` +
        "counter of its binding, here and where it is materialized, and publish",
    );
  }

  async #add(change: Change, tuple: Tuple): Promise<void> {
    this.#changes.push(change);
    for (const name in tuple) this.#bytes += tuple[name]?.length ?? 0;
    if (this.#changes.length >= piece.changes || this.#bytes >= piece.bytes) await this.#deliver();
  }

  async #commit(lsn: string): Promise<void> {
    this.inTransaction = false;
    this.#position = { ...this.#position, lsn };
    if (this.#markSeen) await this.#rows();
    // Also where all is delivered: only now may the slot go on beyond it.
    else if (this.#changes.length > 0 || this.#begun) await this.#deliver();
    else this.#options.passed(lsn);
  }

  async #deliver(): Promise<void> {
    const delivery = {
      changes: this.#changes,
      position: this.#position,
      bytes: this.#bytes,
      backfilling: this.#backfilling,
    };
    this.#changes = [];
    this.#bytes = 0;
    this.#begun = this.inTransaction;
    await this.#options.emit(delivery);
  }

  async #nextMark(): Promise<void> {
    this.#markSeen = false;
    this.#mark = this.#backfilling ? randomUUID() : undefined;
    if (this.#mark) await writeWatermark(this.#options.client, this.#options.names, this.#mark);
  }

  /** The next rows of the first table that is not read yet. */
  async #rows(): Promise<void> {
    const { bindings, tables, client, chunk } = this.#options;
    const binding = bindings.find(({ collection }) => !this.#position.tables[collection]?.done);
    const progress = binding && this.#position.tables[binding.collection];
    const table = binding && tables.get(binding.collection);
    if (!progress || !table) return this.#nextMark();
    const size = Math.min(chunk, this.#portion);
    const rows = await this.#snapshot(() => chunkOf(client, table, progress.last, size));
    for (const row of rows) {
      const values = table.columns.map(({ name, oid }) => [name, oid, row[name] ?? null] as const);
      const document = documentOf(table, "c", values);
      this.#changes.push({ collection: binding.collection, document });
      for (const name in row) this.#bytes += row[name]?.length ?? 0;
    }
    const rowBytes = Math.max(1, this.#bytes / Math.max(1, rows.length));
    // The next table's rows may be of another size.
    this.#portion = rows.length < size ? portion.rows : Math.max(1, Math.floor(portion.bytes / rowBytes));
    const { backfill } = progress;
    const last = rows.length === size ? table.key.map((name) => rows.at(-1)?.[name] ?? "") : undefined;
    const now = last ? { backfill, done: false, last } : { backfill, done: true };
    this.#position = { ...this.#position, tables: { ...this.#position.tables, [binding.collection]: now } };
    await this.#deliver();
    await this.#nextMark();
  }

  /** Reads with a snapshot that has all transactions that came by: a row must not become older than it was. */
  async #snapshot<T>(read: () => Promise<T>): Promise<T> {
    const { client, clock } = this.#options;
    return waitFor(
      { what: "a snapshot with all that was replicated", deadline: 30, interval: 0.05, clock },
      async () => {
        await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        try {
          const { rows } = await client.query<{ snapshot: string }>(
            "SELECT pg_current_snapshot()::text AS snapshot",
          );
          const snapshot = rows[0]?.snapshot ?? "";
          return seesAll(snapshot, this.#xids) ? await read() : notYet(`snapshot ${snapshot} is older`);
        } finally {
          await client.query("COMMIT");
        }
      },
    );
  }
}
