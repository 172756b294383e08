import type { Delivery } from "./source.ts";

export interface Queued {
  source: string;
  delivery: Delivery;
}

/** Deliveries on their way to a destination: as many as memory shall hold, and senders wait for room. */
export class Queue {
  readonly #limit: number;
  #waiting: Queued[] = [];
  #documents = 0;
  #bytes = 0;
  #room: (() => void)[] = [];
  #news: (() => void) | undefined;
  #broken: Error | undefined;

  /** @param limit documents that it holds; one delivery may go beyond. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async push(queued: Queued, signal: AbortSignal): Promise<void> {
    while (this.#documents >= this.#limit && !signal.aborted && !this.#broken) {
      await new Promise<void>((resolve) => {
        this.#room.push(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    signal.throwIfAborted();
    this.#waiting.push(queued);
    this.#documents += queued.delivery.changes.length;
    this.#bytes += queued.delivery.bytes;
    this.#news?.();
  }

  /** All that waits, up to `most` documents; waits for the first. Rejects once `break` was called. */
  async take(most: number): Promise<Queued[]> {
    while (this.#waiting.length === 0 && !this.#broken) {
      await new Promise<void>((resolve) => {
        this.#news = resolve;
      });
    }
    if (this.#broken) throw this.#broken;
    let [count, documents] = [0, 0];
    for (const { delivery } of this.#waiting) {
      if (count > 0 && documents + delivery.changes.length > most) break;
      documents += delivery.changes.length;
      count += 1;
    }
    const taken = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    this.#documents -= documents;
    for (const { delivery } of taken) this.#bytes -= delivery.bytes;
    const room = this.#room;
    this.#room = [];
    for (const resolve of room) resolve();
    return taken;
  }

  /** Ends what waits, on both sides. */
  break(error: Error): void {
    this.#broken ??= error;
    this.#news?.();
    for (const resolve of this.#room) resolve();
    this.#room = [];
  }
}
