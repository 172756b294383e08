import type { Delivery } from "./source.ts";

export interface Queued {
  source: string;
  delivery: Delivery;
}

/** How much goes into one transaction, and how much waits for the next. One delivery may go beyond. */
export interface Room {
  documents: number;
  bytes: number;
}

/** Deliveries on their way to a destination: as many as memory shall hold, and senders wait for room. */
export class Queue {
  readonly #room: Room;
  #waiting: Queued[] = [];
  #documents = 0;
  #bytes = 0;
  #senders: (() => void)[] = [];
  #news: (() => void) | undefined;
  #broken: Error | undefined;

  constructor(room: Room) {
    this.#room = room;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async push(queued: Queued, signal: AbortSignal): Promise<void> {
    while (this.#full && !signal.aborted && !this.#broken) {
      await new Promise<void>((resolve) => {
        this.#senders.push(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    signal.throwIfAborted();
    this.#waiting.push(queued);
    this.#documents += queued.delivery.changes.length;
    this.#bytes += queued.delivery.bytes;
    this.#news?.();
  }

  get #full(): boolean {
    return this.#documents >= this.#room.documents || this.#bytes >= this.#room.bytes;
  }

  /** All that waits, as far as there is room for it; waits for the first. Rejects once `break` was called. */
  async take(): Promise<Queued[]> {
    while (this.#waiting.length === 0 && !this.#broken) {
      await new Promise<void>((resolve) => {
        this.#news = resolve;
      });
    }
    if (this.#broken) throw this.#broken;
    let [count, documents, bytes] = [0, 0, 0];
    for (const { delivery } of this.#waiting) {
      documents += delivery.changes.length;
      bytes += delivery.bytes;
      if (count > 0 && (documents > this.#room.documents || bytes > this.#room.bytes)) break;
      count += 1;
    }
    const taken = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    for (const { delivery } of taken) {
      this.#documents -= delivery.changes.length;
      this.#bytes -= delivery.bytes;
    }
    this.#wake();
    return taken;
  }

  /** Ends what waits, on both sides. */
  break(error: Error): void {
    this.#broken ??= error;
    this.#news?.();
    this.#wake();
  }

  #wake(): void {
    const senders = this.#senders;
    this.#senders = [];
    for (const resolve of senders) resolve();
  }
}
