import type { Clock } from "../../../../../components/core/wait.ts";
import { Keeper } from "../backlog/keeper.ts";
import { columnsOf } from "../collections/fields.ts";
import { refuseRebuilt } from "../collections/rebuilt.ts";
import type { Schema } from "../collections/schema.ts";
import { PostgresSink } from "../sink/postgres/sink.ts";
import { SnowflakeSink } from "../sink/snowflake/sink.ts";
import type { LiveCapture, LiveCollection, LiveMaterialization } from "../types.ts";
import type { OpenWarehouse } from "../warehouse.ts";
import type { Room } from "./queue.ts";
import type { Backoff } from "./retry.ts";
import { again } from "./retry.ts";
import { session } from "./session.ts";
import { type Binding, type Checkpoint, FencedOff, type Sink, type TableName } from "./sink.ts";
import { SchemaChanged } from "./source.ts";
import { type Surroundings, sourcesOf } from "./sources.ts";
import { type Statuses, said } from "./status.ts";

/** A materialization with all that feeds it. */
export interface UnitSpec {
  name: string;
  materialization: LiveMaterialization;
  captures: Record<string, LiveCapture>;
  collections: Record<string, LiveCollection>;
  /** Names of all captures that are published: positions of others are forgotten. */
  published: readonly string[];
}

export interface UnitOptions {
  around: Surroundings;
  openWarehouse: OpenWarehouse;
  statuses: Statuses;
  backoff: Backoff;
  clock: Clock;
  room: Room;
  /** Folder of what waits for destinations. */
  backlogs: string;
  log(line: string): void;
}

/** The destination of a materialization. */
export function sinkOf(
  { name, materialization }: Pick<UnitSpec, "name" | "materialization">,
  openWarehouse: OpenWarehouse,
): Sink {
  switch (materialization.connector) {
    case "materialize-postgres":
      return new PostgresSink(name, materialization.config);
    case "materialize-snowflake":
      return new SnowflakeSink(name, materialization.config, openWarehouse);
  }
}

/** Where a binding's table is, or is to be. */
export const tableOf = (
  { connector, config }: LiveMaterialization,
  { schema, table }: { schema?: string | undefined; table: string },
): TableName => ({
  ...(connector === "materialize-snowflake" && { database: config.database }),
  schema: schema ?? config.schema ?? "public",
  table,
});

/** The binding of a collection, once it is known which fields it has. */
function bound(spec: UnitSpec, collection: string, schema: Schema): Binding {
  const { config, bindings } = spec.materialization;
  const binding = bindings.find(({ source, disabled }) => source === collection && !disabled);
  if (!binding) throw new Error(`${spec.name} does not materialize ${collection}`);
  const { resource, fields, backfill } = binding;
  if (resource.delta_updates) throw new Error(`${spec.name}: the lab's plane does not know delta_updates`);
  const { key = [], publishedAt } = spec.collections[collection] ?? {};
  const withDocument = !config.advanced?.no_flow_document;
  if (withDocument && spec.materialization.connector === "materialize-postgres")
    throw new Error(`${spec.name}: the lab's plane does not keep flow_document in PostgreSQL`);
  const columns = columnsOf(key, schema, fields, withDocument, publishedAt);
  if (!withDocument) refuseRebuilt(spec.name, collection, schema, columns);
  const merged = columns.find(({ merges }) => merges);
  if (merged && spec.materialization.connector === "materialize-snowflake")
    throw new Error(
      `${spec.name}: the lab's plane does not merge objects, as ${merged.field}, in the warehouse`,
    );
  const sql = "additional_table_create_sql" in resource ? resource.additional_table_create_sql : undefined;
  return {
    collection,
    ...tableOf(spec.materialization, resource),
    columns,
    backfill,
    ...(sql ? { additionalSql: sql } : {}),
  };
}

/** By capture, of those whose source forgets what was read: what they deliver while the destination is away is kept. */
function keepersOf(
  spec: UnitSpec,
  wanted: ReadonlySet<string>,
  options: UnitOptions,
): ReadonlyMap<string, Keeper> {
  const { backlogs: folder, around, statuses, backoff, clock, log } = options;
  const keepers = new Map<string, Keeper>();
  for (const [capture, one] of Object.entries(spec.captures)) {
    if (one.connector !== "source-postgres") continue;
    const source = () => {
      const [only] = sourcesOf(capture, one, wanted, spec.collections, around);
      if (!only) throw new Error(`${capture} has no binding that ${spec.name} wants`);
      return only;
    };
    const task = spec.name;
    keepers.set(capture, new Keeper({ folder, capture, task, source, statuses, backoff, clock, log }));
  }
  return keepers;
}

/** Runs a materialization until the signal aborts: one session after the other. */
export async function runUnit(spec: UnitSpec, options: UnitOptions, signal: AbortSignal): Promise<void> {
  const { name, materialization } = spec;
  const { statuses, around, backoff, clock, log } = options;
  const wanted = new Set(
    materialization.bindings.filter(({ disabled }) => !disabled).map(({ source }) => source),
  );
  const keeping = keepersOf(spec, wanted, options);
  const keepers = [...keeping.values()];
  /** Of the last checkpoint that the destination is known to have. */
  let positions: Checkpoint["positions"] | undefined;
  const live = async () => {
    for (const keeper of keepers) await keeper.look();
    // Sources and destination are created again each time: only the destination has state.
    const sources = Object.entries(spec.captures).flatMap(
      ([capture, one]) =>
        keeping.get(capture)?.source() ?? sourcesOf(capture, one, wanted, spec.collections, around),
    );
    const setup = {
      task: name,
      sink: sinkOf(spec, options.openWarehouse),
      sources,
      collections: spec.collections,
      published: new Set(spec.published),
      bind: (collection: string, schema: Schema) => bound(spec, collection, schema),
      policy: materialization.onIncompatibleSchemaChange,
      statuses,
      backoff,
      clock,
      room: options.room,
      async opened() {
        await Promise.all(keepers.map((keeper) => keeper.stop()));
      },
      kept(checkpoint: Checkpoint) {
        ({ positions } = checkpoint);
      },
      log,
    };
    try {
      await session(setup, signal);
    } catch (error) {
      if (error instanceof SchemaChanged) return log(`${name}: restarts: ${error.message}`);
      // Whoever fenced this off reads the sources.
      if (!(error instanceof FencedOff)) for (const keeper of keepers) keeper.start(positions, signal);
      throw error;
    }
  };
  const failed = (error: unknown) => {
    statuses.failed(name, said(error));
    log(`${name}: ${said(error)}`);
  };
  await again(live, failed, backoff, clock, signal);
  await Promise.all(keepers.map((keeper) => keeper.close()));
}
