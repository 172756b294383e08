import type { Clock } from "../../../../../components/core/wait.ts";
import { type Change, pathOf } from "../collections/document.ts";
import { reduce } from "../collections/reduce.ts";
import { type Schema, schemaToRead } from "../collections/schema.ts";
import type { LiveCollection } from "../types.ts";
import { Queue, type Queued, type Room } from "./queue.ts";
import { again, type Backoff } from "./retry.ts";
import type { Binding, Checkpoint, Sink } from "./sink.ts";
import { captureOf, SchemaChanged, type Source } from "./source.ts";
import { type Statuses, said } from "./status.ts";
import { afterPlans, planTable } from "./tables.ts";

/** What a session is about. */
export interface SessionSetup {
  /** Name of the materialization. */
  task: string;
  sink: Sink;
  sources: readonly Source[];
  /** Collections that are materialized. */
  collections: Record<string, LiveCollection>;
  /** Names of the captures whose positions are kept. */
  published: ReadonlySet<string>;
  /** Decides about columns once it is known what the source has. */
  bind(collection: string, schema: Schema): Binding;
  policy: "abort" | "backfill" | "disableBinding" | "disableTask";
  statuses: Statuses;
  backoff: Backoff;
  clock: Clock;
  room: Room;
  /** The destination answers; nothing was asked of the sources yet. */
  opened(): Promise<void>;
  /** The destination has remembered this. */
  kept(checkpoint: Checkpoint): void;
  log(line: string): void;
}

/**
 * One life of a materialization: opens the destination, makes its tables, and carries over what the sources deliver until
 * something breaks or the signal aborts. Where to go on is known to the destination alone.
 */
export async function session(setup: SessionSetup, signal: AbortSignal): Promise<void> {
  const { sink, sources, task, statuses } = setup;
  const life = new AbortController();
  const end = () => life.abort(new Error(`${task} was stopped`));
  signal.addEventListener("abort", end, { once: true });
  const queue = new Queue(setup.room);
  let readers: Promise<void>[] = [];
  try {
    const opened = await sink.open();
    await setup.opened();
    setup.kept(opened);
    const { bindings, checkpoint, silent } = await prepare(setup, opened);
    setup.kept(checkpoint);
    statuses.set(task, "running");
    const asked = Map.groupBy(
      sources.filter(({ id }) => !silent.has(id)),
      ({ capture }) => capture,
    );
    readers = [
      ...sources.filter(({ id }) => silent.has(id)).map((source) => wait(setup, source, life)),
      ...[...asked.values()].map((some) => read(setup, some, checkpoint.positions, queue, life)),
    ];
    life.signal.addEventListener("abort", () => queue.break(life.signal.reason), { once: true });
    if (life.signal.aborted) queue.break(life.signal.reason);
    await carry(setup, bindings, checkpoint, queue);
  } finally {
    life.abort(new Error(`${task} was restarted`));
    await Promise.allSettled(readers);
    await Promise.allSettled([...sources.map((source) => source.close()), sink.close()]);
    signal.removeEventListener("abort", end);
  }
}

/** Discovers, decides about tables and carries that out. A source that cannot be asked is left out, not the others. */
async function prepare(setup: SessionSetup, opened: Checkpoint) {
  const bindings = new Map<string, Binding>();
  const silent = new Set<string>();
  for (const source of setup.sources) {
    const discovered = await source.discover().catch((error: unknown) => complain(setup, source, error));
    if (!discovered) {
      silent.add(source.id);
      continue;
    }
    for (const name of source.collections) {
      const collection = setup.collections[name];
      if (!collection) throw new Error(`collection ${name} is bound, and not in the catalog`);
      bindings.set(name, setup.bind(name, schemaToRead(collection, discovered.get(name) ?? {})));
    }
  }
  const all = [...bindings.values()];
  const existing = await setup.sink.existing(all);
  const plans = all.map((binding) => {
    const there = existing.has(`${binding.schema}.${binding.table}`);
    const plan = planTable(setup.task, binding, opened.applied[binding.collection], there, setup.policy);
    if (plan.do === "replace") setup.log(`${setup.task}: ${binding.table} is rebuilt: ${plan.why}`);
    return { binding, plan };
  });
  const known = Object.entries(opened.positions);
  const kept = known.filter(([id]) => setup.published.has(captureOf(id)));
  const positions = Object.fromEntries(kept);
  for (const { binding, plan } of plans) {
    if (plan.do === "nothing" || plan.do === "add") continue;
    const source = setup.sources.find(({ collections }) => collections.includes(binding.collection));
    if (source) positions[source.id] = source.rewind(positions[source.id], binding.collection);
  }
  const started = { ...opened, positions };
  if (kept.length < known.length || plans.some(({ plan }) => plan.do !== "nothing"))
    await setup.sink.apply(plans, started);
  return { bindings, checkpoint: afterPlans(started, plans), silent };
}

function complain({ statuses, log }: SessionSetup, { capture }: Source, error: unknown): undefined {
  statuses.failed(capture, said(error));
  log(`${capture}: ${said(error)}`);
}

/** Asks a silent source until it answers; then a new session takes it in. */
function wait(setup: SessionSetup, source: Source, life: AbortController): Promise<void> {
  const ask = async () => {
    await source.discover();
    life.abort(new SchemaChanged(`${source.capture} answers again`));
  };
  return again(ask, (error) => complain(setup, source, error), setup.backoff, setup.clock, life.signal);
}

/**
 * Runs the sources of one capture, from where they were delivered to, however often they break. A capture is one task:
 * what stops one of its bindings stops all of them.
 */
async function read(
  setup: SessionSetup,
  sources: readonly Source[],
  start: Readonly<Record<string, unknown>>,
  queue: Queue,
  life: AbortController,
): Promise<void> {
  const [one] = sources;
  if (!one) return;
  const positions = new Map(sources.map(({ id }) => [id, start[id]]));
  const { statuses } = setup;
  const run = async () => {
    const stop = new AbortController();
    const signal = AbortSignal.any([life.signal, stop.signal]);
    const working = new Set<string>();
    // It runs again only when each of its bindings does.
    const works = (source: Source, state?: "backfilling" | "running") => {
      working.add(source.id);
      const before = statuses.of(source.capture).state;
      if (working.size < sources.length && before === "failed") return;
      if (state ?? ["failed", "pending"].includes(before)) statuses.set(source.capture, state ?? "running");
    };
    const runs = sources.map((source) =>
      source.run(
        positions.get(source.id),
        async (delivery) => {
          await queue.push({ source: source.id, delivery }, signal);
          positions.set(source.id, delivery.position);
          works(source, delivery.backfilling ? "backfilling" : "running");
          count(statuses, source.capture, delivery.changes, delivery.bytes);
        },
        signal,
        () => works(source),
      ),
    );
    try {
      await Promise.all(runs);
    } finally {
      stop.abort(new Error(`another binding of ${one.capture} failed`));
      await Promise.allSettled(runs);
    }
  };
  const failed = (error: unknown) => {
    // Tables have to be looked at again, which only a new session does.
    if (error instanceof SchemaChanged) return life.abort(error);
    complain(setup, one, error);
  };
  await again(run, failed, setup.backoff, setup.clock, life.signal);
}

function count(statuses: Statuses, task: string, changes: readonly Change[], bytes: number): void {
  const counts = new Map<string, number>();
  for (const { collection } of changes) counts.set(collection, (counts.get(collection) ?? 0) + 1);
  for (const [collection, docs] of counts) {
    statuses.moved(task, collection, docs, Math.round((bytes * docs) / changes.length), Date.now());
  }
}

/** Takes what is there, writes it, and tells the sources. Ends by an error. */
async function carry(
  setup: SessionSetup,
  bindings: ReadonlyMap<string, Binding>,
  begun: Checkpoint,
  queue: Queue,
): Promise<never> {
  let checkpoint = begun;
  const keys = new Map(
    [...bindings.keys()].map((name) => [name, setup.collections[name]?.key.map(pathOf) ?? []]),
  );
  for (;;) {
    const taken = await queue.take();
    const positions = { ...checkpoint.positions };
    for (const { source, delivery } of taken) positions[source] = delivery.position;
    checkpoint = { ...checkpoint, positions };
    const changes = byCollection(taken);
    const work = [...changes].flatMap(([name, list]) => {
      const binding = bindings.get(name);
      const schema = setup.collections[name]?.schema ?? {};
      return binding ? [{ binding, schema, rows: reduce(list, keys.get(name) ?? [], schema) }] : [];
    });
    const now = new Date();
    await setup.sink.commit(work, checkpoint, now.toISOString());
    setup.kept(checkpoint);
    for (const { source, delivery } of taken) {
      setup.sources.find(({ id }) => id === source)?.acknowledge(delivery.position);
      count(setup.statuses, setup.task, delivery.changes, delivery.bytes);
    }
    for (const name of bindings.keys()) setup.statuses.behind(setup.task, name, queue.bytes);
  }
}

function byCollection(taken: readonly Queued[]): Map<string, Change[]> {
  const all = new Map<string, Change[]>();
  for (const { delivery } of taken) {
    for (const change of delivery.changes) {
      const list = all.get(change.collection) ?? [];
      list.push(change);
      all.set(change.collection, list);
    }
  }
  return all;
}
