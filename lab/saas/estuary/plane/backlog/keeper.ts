import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../../../../components/core/wait.ts";
import { again, type Backoff } from "../task/retry.ts";
import { SchemaChanged, type Source } from "../task/source.ts";
import { type Statuses, said } from "../task/status.ts";
import { Backlog } from "./file.ts";
import { BackloggedSource, innerOf } from "./source.ts";

export interface KeeperOptions {
  /** Where backlogs are kept. */
  folder: string;
  /** Name of the capture. */
  capture: string;
  /** Name of the materialization that it feeds. */
  task: string;
  /** Makes its source anew. */
  source(): Source;
  statuses: Statuses;
  backoff: Backoff;
  clock: Clock;
  log(line: string): void;
}

const fileOf = (folder: string, capture: string): string =>
  join(folder, `${encodeURIComponent(capture)}.ndjson`);

/** Takes away what waits of a capture that is deleted. */
export const dropBacklog = (folder: string, capture: string): Promise<void> =>
  rm(fileOf(folder, capture), { force: true });

/**
 * Goes on reading a capture's source while the destination does not answer, and keeps what it delivers in a file, as
 * Estuary's captures go on into their collections: the source may forget what was read.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  #backlog: Backlog | undefined;
  #looked = false;
  #run: { stop: AbortController; ended: Promise<void> } | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** What waits, once `look` was called. */
  get backlog(): Backlog | undefined {
    return this.#backlog;
  }

  /** Finds what an earlier process left. */
  async look(): Promise<void> {
    if (this.#looked) return;
    this.#backlog = await Backlog.find(this.#file);
    this.#looked = true;
  }

  /** The source as a session sees it: what waits comes first. */
  source(): Source {
    return new BackloggedSource(this.#options.source(), this);
  }

  /**
   * Begins to read, unless it does already.
   *
   * @param positions of the destination's checkpoint. Where they are not known and nothing waits, nothing is read.
   */
  start(positions: Readonly<Record<string, unknown>> | undefined, signal: AbortSignal): void {
    if (this.#run || signal.aborted || (!positions && !this.#backlog)) return;
    const { backoff, capture, clock, statuses, log } = this.#options;
    const stop = new AbortController();
    const life = AbortSignal.any([signal, stop.signal]);
    const read = async () => {
      const source = this.#options.source();
      try {
        this.#backlog ??= await Backlog.create(this.#file, innerOf(positions?.[source.id]));
        await this.#read(source, this.#backlog, life);
      } catch (error) {
        if (!(error instanceof SchemaChanged)) throw error;
      } finally {
        await source.close();
      }
    };
    const failed = (error: unknown) => {
      statuses.failed(capture, said(error));
      log(`${capture}: ${said(error)}`);
    };
    this.#run = { stop, ended: again(read, failed, backoff, clock, life) };
  }

  async stop(): Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    run?.stop.abort(new Error(`the destination of ${this.#options.capture} answers again`));
    await run?.ended;
  }

  /** Takes away what waited: all of it is in the destination. */
  async clear(): Promise<void> {
    await this.#backlog?.remove();
    this.#backlog = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.#backlog?.close();
  }

  get #file(): string {
    return fileOf(this.#options.folder, this.#options.capture);
  }

  async #read(source: Source, backlog: Backlog, signal: AbortSignal): Promise<void> {
    const { capture, statuses, task } = this.#options;
    const works = () => {
      if (["failed", "pending"].includes(statuses.of(capture).state)) statuses.set(capture, "running");
    };
    await source.discover();
    signal.throwIfAborted();
    await source.run(
      backlog.position,
      async (delivery) => {
        await backlog.append(delivery);
        source.acknowledge(delivery.position);
        works();
        for (const collection of source.collections) statuses.behind(task, collection, backlog.bytes);
      },
      signal,
      works,
    );
  }
}
