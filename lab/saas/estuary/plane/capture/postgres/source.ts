import type pg from "pg";
import type { Clock } from "../../../../../../components/core/wait.ts";
import type { Schema } from "../../collections/schema.ts";
import { PostgresEndpoint } from "../../net/postgres.ts";
import { type Emit, NeedsHand, type Source } from "../../task/source.ts";
import type { PostgresCaptureConfig } from "../../types.ts";
import { Changes } from "./changes.ts";
import { later, lsnValue } from "./lsn.ts";
import { beginning, type PostgresPosition, type TableBinding } from "./position.ts";
import { checkPublication, ensureSlot, type SlotNames } from "./slot.ts";
import { follow } from "./stream.ts";
import { describe, schemaOfTable, type Table } from "./tables.ts";

/** source-postgres: what is there by key, what changes by logical replication, joined through watermarks. */
export class PostgresSource implements Source {
  readonly id: string;
  readonly capture: string;
  readonly collections: readonly string[];
  readonly #config: PostgresCaptureConfig;
  readonly #bindings: readonly TableBinding[];
  readonly #names: SlotNames;
  readonly #clock: Clock;
  #tables = new Map<string, Table>();
  #endpoint: PostgresEndpoint | undefined;
  /** Ends of what was delivered, of what is safe, and of what was read without a change for us. */
  #delivered = "0/0";
  #safe = "0/0";
  #seen = "0/0";

  constructor(
    capture: string,
    config: PostgresCaptureConfig,
    bindings: readonly TableBinding[],
    clock: Clock,
  ) {
    if (config.historyMode) throw new Error(`${capture}: the lab's plane does not know historyMode`);
    const { publicationName, slotName, watermarksTable } = config.advanced ?? {};
    this.id = capture;
    this.capture = capture;
    this.collections = bindings.map(({ collection }) => collection);
    this.#config = config;
    this.#bindings = bindings;
    this.#clock = clock;
    this.#names = {
      slot: slotName ?? "flow_slot",
      publication: publicationName ?? "flow_publication",
      watermarks: watermarksTable ?? "public.flow_watermarks",
    };
  }

  async discover(): Promise<Map<string, Schema>> {
    const client = await this.#connect();
    try {
      for (const { collection, schema, table } of this.#bindings) {
        this.#tables.set(collection, await describe(client, schema, table));
      }
    } finally {
      await client.end();
    }
    return new Map([...this.#tables].map(([collection, table]) => [collection, schemaOfTable(table)]));
  }

  rewind(position: unknown, collection: string): unknown {
    const known = position as PostgresPosition | undefined;
    if (!known) return undefined;
    const { [collection]: _, ...tables } = known.tables;
    return { ...known, tables };
  }

  async run(from: unknown, emit: Emit, signal: AbortSignal, alive: () => void): Promise<void> {
    const { position, renewed } = beginning(from as PostgresPosition | undefined, this.#bindings);
    const life = new AbortController();
    const stop = () => life.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    const client = await this.#connect((error) => life.abort(error));
    try {
      await checkPublication(
        client,
        this.#names,
        this.#bindings.map(({ schema, table }) => `${schema}.${table}`),
      );
      const kept = await ensureSlot(client, this.#names, position.lsn !== undefined, renewed);
      const start = renewed ? kept : later(kept, position.lsn ?? kept);
      await this.#reached(client, start);
      this.#delivered = start;
      this.#safe = start;
      this.#seen = start;
      const changes = new Changes({
        client,
        names: this.#names,
        bindings: this.#bindings,
        tables: this.#tables,
        clock: this.#clock,
        chunk: Number(this.#config.advanced?.backfill_chunk_size ?? 5000),
        position: { ...position, lsn: start },
        emit: async (delivery) => {
          this.#delivered = (delivery.position as PostgresPosition).lsn ?? this.#delivered;
          await emit(delivery);
        },
        passed: (lsn) => this.#pass(lsn),
        describe: (binding) => describe(client, binding.schema, binding.table),
      });
      await changes.begin();
      await follow({
        endpoint: await this.#reach(),
        slot: this.#names.slot,
        publication: this.#names.publication,
        from: start,
        signal: life.signal,
        handle: (message) => changes.handle(message),
        idle: (lsn) => {
          alive();
          if (!changes.inTransaction) this.#pass(lsn);
        },
        safe: () =>
          lsnValue(this.#safe) >= lsnValue(this.#delivered) ? later(this.#safe, this.#seen) : this.#safe,
      });
    } finally {
      signal.removeEventListener("abort", stop);
      await client.end().catch(() => {
        // Ending a broken connection may fail; it is gone either way.
      });
      // A tunnel may be what broke.
      await this.close();
    }
  }

  acknowledge(position: unknown): void {
    const { lsn } = position as PostgresPosition;
    if (lsn !== undefined) this.#safe = later(this.#safe, lsn);
  }

  async close(): Promise<void> {
    const endpoint = this.#endpoint;
    this.#endpoint = undefined;
    await endpoint?.close();
  }

  #pass(lsn: string): void {
    this.#seen = later(this.#seen, lsn);
  }

  async #reach(): Promise<PostgresEndpoint> {
    this.#endpoint ??= await PostgresEndpoint.open(this.#config, this.capture);
    return this.#endpoint;
  }

  async #connect(lost?: (error: Error) => void): Promise<pg.Client> {
    try {
      return await (await this.#reach()).connect(lost);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** A database that was put back to an earlier state has not what was captured since. */
  async #reached(client: pg.Client, lsn: string): Promise<void> {
    const { rows } = await client.query<{ lsn: string }>("SELECT pg_current_wal_lsn() AS lsn");
    const here = rows[0]?.lsn ?? lsn;
    if (lsnValue(here) >= lsnValue(lsn)) return;
    throw new NeedsHand(
      `PostgreSQL's log ends at ${here}, before ${lsn} that was captured already: it was restored from a backup. Drop ` +
        `replication slot ${this.#names.slot}, raise the backfill counter of all bindings, and publish`,
    );
  }
}
