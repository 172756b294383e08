import type { Schema } from "../collections/schema.ts";
import { type Emit, NeedsHand, type Source } from "../task/source.ts";
import type { Backlog } from "./file.ts";

/** How far a destination is with a backlog; kept in its checkpoint, with the position of the source around it. */
interface Waiting {
  backlog: {
    id: string;
    /** Number of the next delivery, and of all that there were. */
    next: number;
    of: number;
    /** Collections that are read from their beginning once the backlog is through. */
    again: readonly string[];
  };
  position: unknown;
}

const isWaiting = (position: unknown): position is Waiting =>
  typeof position === "object" && position !== null && "backlog" in position;

/** The source's own position. */
export const innerOf = (position: unknown): unknown => (isWaiting(position) ? position.position : position);

/** Where a source's backlog is found, and how it is taken away. */
interface Keeping {
  readonly backlog: Backlog | undefined;
  clear(): Promise<void>;
}

/**
 * A source that first delivers what waits in its backlog. The source itself goes on only when the destination has all of
 * it and the backlog is gone: so a backlog that is there was never overtaken.
 */
export class BackloggedSource implements Source {
  readonly #inner: Source;
  readonly #keeping: Keeping;
  #safe = 0;
  #news: (() => void) | undefined;

  constructor(inner: Source, keeping: Keeping) {
    this.#inner = inner;
    this.#keeping = keeping;
  }

  get id(): string {
    return this.#inner.id;
  }

  get capture(): string {
    return this.#inner.capture;
  }

  get collections(): readonly string[] {
    return this.#inner.collections;
  }

  discover(): Promise<Map<string, Schema>> {
    return this.#inner.discover();
  }

  rewind(position: unknown, collection: string): unknown {
    const inner = this.#inner.rewind(innerOf(position), collection);
    const waiting = this.#waiting(position);
    if (!waiting) return inner;
    return { backlog: { ...waiting, again: [...waiting.again, collection] }, position: inner };
  }

  async run(position: unknown, emit: Emit, signal: AbortSignal, alive: () => void): Promise<void> {
    const { backlog } = this.#keeping;
    const waiting = this.#waiting(position);
    if (!backlog || !waiting) {
      this.#refuseLost(waiting);
      return this.#inner.run(innerOf(position), emit, signal, alive);
    }
    const { id, next, again } = waiting;
    const of = backlog.length;
    const rewound = (at: unknown) =>
      again.reduce((before: unknown, collection) => this.#inner.rewind(before, collection), at);
    this.#safe = next;
    for await (const [at, delivery] of backlog.read(next)) {
      signal.throwIfAborted();
      const mark = { id, next: at + 1, of, again };
      await emit({ ...delivery, position: { backlog: mark, position: rewound(delivery.position) } });
    }
    await this.#untilSafe(of, signal);
    await this.#keeping.clear();
    return this.#inner.run(of === 0 ? innerOf(position) : rewound(backlog.position), emit, signal, alive);
  }

  acknowledge(position: unknown): void {
    if (isWaiting(position)) {
      this.#safe = position.backlog.next;
      this.#news?.();
    } else this.#inner.acknowledge(position);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  /** How far the destination is with the backlog that is there, or with one that should be. */
  #waiting(position: unknown): Waiting["backlog"] | undefined {
    const known = isWaiting(position) ? position.backlog : undefined;
    const { backlog } = this.#keeping;
    if (!backlog || known?.id === backlog.id) return known;
    return { id: backlog.id, next: 0, of: backlog.length, again: [] };
  }

  #refuseLost(waiting: Waiting["backlog"] | undefined): void {
    if (!waiting || waiting.next >= waiting.of) return;
    if (this.collections.every((collection) => waiting.again.includes(collection))) return;
    throw new NeedsHand(
      `${waiting.of - waiting.next} deliveries of ${this.capture} that waited for the destination are gone: raise the ` +
        "backfill counter of all bindings, of this capture and of what materializes it, and publish",
    );
  }

  async #untilSafe(count: number, signal: AbortSignal): Promise<void> {
    while (this.#safe < count) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.#news = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }
}
