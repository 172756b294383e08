import { randomUUID } from "node:crypto";
import type pg from "pg";
import { loadedAt, tableOf } from "../estuary/spec/streams.ts";
import { acceptance, type Facts, type Look, type Result, statusOf, wholeResults } from "./checks/judge.ts";
import { checkRows, columnsOf } from "./checks/rows.ts";
import { type StreamChecks, streamChecks } from "./checks/streams.ts";
import { volumeOf } from "./checks/volume.ts";
import { type Answer, lookInto } from "./checks/warehouse.ts";
import { Window } from "./checks/window.ts";
import type { StatusClient } from "./estuary/client.ts";
import { recordLoads } from "./estuary/loads.ts";
import { badRecords, type HeldUp, heldUp, type Task } from "./estuary/tasks.ts";
import { TaskWatch } from "./estuary/watch.ts";
import { watchFields } from "./fields/watch.ts";
import { History } from "./history.ts";
import { Retention } from "./retention.ts";
import type { AtSource } from "./source/judge.ts";
import { type SourceOptions, SourceWatch } from "./source/watch.ts";
import {
  type Logged,
  lastRuns,
  logBadRecords,
  loggedOf,
  mostRows,
  oldestAfter,
  type Run,
  readThrough,
  type Slot,
  type StreamStatus,
  slots,
  write,
} from "./store.ts";
import type { WarehouseClient } from "./warehouse/client.ts";

export interface MeterOptions {
  pool: pg.Pool;
  /** Default: staging is not compared with it. */
  warehouse?: WarehouseClient | undefined;
  /** Default: the status of its tasks is not checked. */
  estuary?: StatusClient | undefined;
  /** Default: no source is asked what staging lacks. */
  source?: SourceOptions | undefined;
  /** Percent. */
  threshold: number;
  /** Seconds. */
  maxLag: number;
  /** Days that results, runs and rejected records are kept. */
  retentionDays: number;
  /** Seconds between two looks into the warehouse. */
  warehouseInterval: number;
  streams?: readonly StreamChecks[];
  /** Seconds since 1970. Default: the machine's clock. */
  now?: () => number;
}

/** What one run found. */
export interface Measured {
  /** Seconds since 1970. */
  at: number;
  statuses: StreamStatus[];
  results: Result[];
  slots: Slot[];
  /** What was rejected, or no longer came, in the last day, by stream. */
  logged: Map<string, Logged>;
  /** Runs of our extractor that were found in the last hour to have ended without a result, by stream. */
  killed: Map<string, number>;
  /** Undefined where it is not compared. */
  warehouseReachable: boolean | undefined;
  /** As Estuary last said, at most half an hour ago; else empty. */
  tasks: readonly Task[];
  /** Why it is not known how its tasks are now, where it should be. */
  estuaryFault: string | undefined;
  /** How streams are at their sources, where those are asked. */
  atSource: readonly AtSource[];
}

/**
 * The warehouse's number of rows must be one that staging had so many times `maxLag` ago at most. Twice: a stream that is
 * a little late is told of as late, not as one that lost rows.
 */
const reach = 2;

/** What is known of a stream before it is looked at. */
interface Known {
  run: Run | undefined;
  heldUp: HeldUp | undefined;
  /** How far extractors read, by stream. */
  through: ReadonlyMap<string, number>;
  /** The most rows that each stream had in the last day. */
  most: ReadonlyMap<string, number>;
}

/** Runs the checks repeatedly; it keeps row counts of earlier runs, from which it computes changes. */
export class Meter {
  readonly #options: MeterOptions;
  readonly #streams: readonly StreamChecks[];
  readonly #now: () => number;
  readonly #windows = new Map<string, Window>();
  readonly #history = new History();
  readonly #retention: Retention;
  readonly #tasks: TaskWatch;
  readonly #source: SourceWatch;
  /** When it began to watch. */
  #since: number | undefined;
  #answers = new Map<string, Answer>();
  readonly #looks = new Map<string, Look>();
  #reachable: boolean | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** When the warehouse was last asked with success. */
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: MeterOptions) {
    this.#options = options;
    this.#retention = new Retention(options.retentionDays);
    this.#tasks = new TaskWatch(options.estuary);
    this.#source = new SourceWatch(options.source);
    this.#streams = options.streams ?? streamChecks;
    this.#now = options.now ?? (() => Date.now() / 1000);
  }

  /** Runs all checks once and writes what they found. @throws where PostgreSQL cannot be read or written */
  async run(signal: AbortSignal): Promise<Measured> {
    const { pool, warehouse, warehouseInterval } = this.#options;
    const at = this.#now();
    this.#since ??= at;
    const { tasks, fault: estuaryFault } = await this.#tasks.look(at, signal);
    const held = heldUp(tasks, this.#streams);
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      const tables = await columnsOf(
        client,
        this.#streams.map(({ stream }) => tableOf(stream)),
      );
      const runs = await lastRuns(client);
      const through = await readThrough(client);
      const most = await mostRows(client);
      if (warehouse && at - this.#lookedAt >= warehouseInterval) {
        const { answers, reachable } = await lookInto(warehouse, this.#streams, signal);
        this.#answers = answers;
        this.#askedAt = at;
        this.#looks.clear();
        this.#reachable = reachable;
        // What could not be read is asked again at the next run: it may be there by then.
        const complete = reachable && [...answers.values()].every(({ fault }) => fault === undefined);
        this.#lookedAt = complete ? at : Number.NEGATIVE_INFINITY;
      }
      const atSource = await this.#source.look(client, this.#streams, tables, { at, signal });
      const id = randomUUID();
      const statuses: StreamStatus[] = [];
      const results: Result[] = [];
      for (const stream of this.#streams) {
        signal.throwIfAborted();
        const known = { run: runs.get(stream.stream), heldUp: held.get(stream.stream), through, most };
        const one = await this.#stream(client, stream, tables, known, at);
        const columns = tables.get(tableOf(stream.stream));
        if (columns) await watchFields(client, stream, { columns, newest: one.newest, runId: id });
        statuses.push(one.status);
        results.push(...one.results);
      }
      await logBadRecords(client, id, badRecords(tasks, this.#streams));
      await recordLoads(client, this.#streams, tables, this.#options.retentionDays);
      await this.#retention.keep(client, at);
      await write(client, { id, statuses, results: this.#history.worthKeeping(results, at) });
      return {
        at,
        statuses,
        results,
        slots: await slots(client),
        logged: await loggedOf(client),
        killed: new Map([...runs].map(([stream, { killed }]) => [stream, killed])),
        warehouseReachable: this.#reachable,
        tasks,
        estuaryFault,
        atSource,
      };
    } catch (error) {
      broken = error instanceof Error ? error : new Error(String(error));
      // The warehouse's result was not compared with staging.
      this.#lookedAt = Number.NEGATIVE_INFINITY;
      throw broken;
    } finally {
      // A connection that failed may be in the middle of something: another one is opened.
      client.release(broken);
    }
  }

  async #stream(
    client: pg.ClientBase,
    stream: StreamChecks,
    tables: Awaited<ReturnType<typeof columnsOf>>,
    { run, heldUp: held, through, most }: Known,
    at: number,
  ): Promise<{ status: StreamStatus; results: Result[]; newest: number | undefined }> {
    const { threshold, maxLag } = this.#options;
    const name = stream.stream;
    const checked = await checkRows(client, stream, tables, threshold);
    const look = checked && (await this.#look(client, stream, checked.staging.rows, at));
    const facts: Facts = {
      now: at,
      staging: checked?.staging,
      look,
      warehouseFault: this.#answers.get(name)?.fault,
      heldUp: held,
      ...(stream.progressOf !== undefined && {
        extractor: { ...run, through: through.get(stream.progressOf), since: this.#since ?? at },
      }),
    };
    const results = [
      ...(checked ? [...checked.results, volumeOf(stream, checked.living, most.get(name))] : []),
      ...wholeResults(name, facts, { threshold, maxLag, silentAfterHours: stream.silentAfterHours }),
      ...(run && run.read > 0 ? [acceptance(name, run, threshold)] : []),
    ];
    const { state, quality, lag, message } = statusOf(results, facts);
    const status = {
      stream: name,
      source: stream.source,
      state,
      rows: checked?.staging.rows,
      warehouseRows: look?.warehouse?.rows,
      lag,
      quality,
      message,
    };
    return { status, results, newest: checked?.staging.newest };
  }

  /** The last look at a stream, completed by what staging is when the warehouse was just asked. */
  async #look(
    client: pg.ClientBase,
    { stream: name }: StreamChecks,
    rows: number,
    at: number,
  ): Promise<Look | undefined> {
    const seconds = reach * this.#options.maxLag;
    const window = this.#windows.get(name) ?? new Window(seconds, at);
    this.#windows.set(name, window);
    window.add(at, rows);
    const answer = this.#answers.get(name);
    const known = this.#looks.get(name);
    // An earlier result of the warehouse cannot be compared with the current staging.
    if (known || !answer || answer.fault !== undefined || this.#askedAt !== at) return known;
    const pendingSince = await oldestAfter(client, tableOf(name), loadedAt, answer.warehouse?.newest);
    const look = { at, rows, warehouse: answer.warehouse, window: window.range(at), pendingSince };
    this.#looks.set(name, look);
    return look;
  }
}
