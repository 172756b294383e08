import { type Clock, systemClock } from "../../../components/core/wait.ts";

/** Spaces out the requests of this process to a service that counts them. Who asks first sends first. */
export class Pace {
  readonly #spacingMs: number;
  readonly #clock: Clock;
  /** When the next one may send. */
  #next = 0;
  #pausedUntil = 0;
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(perSecond: number, clock: Clock = systemClock) {
    this.#spacingMs = 1000 / perSecond;
    this.#clock = clock;
  }

  /** Seconds for which nobody may send. */
  paused(): number {
    return Math.max(0, this.#pausedUntil - this.#clock.now()) / 1000;
  }

  /** Seconds until somebody who asked now might send, if all before do. */
  ahead(): number {
    return (Math.max(0, this.#next - this.#clock.now()) + this.#waiting * this.#spacingMs) / 1000;
  }

  /** Resolves when the caller may send. @throws the signal's reason; the next caller then has the turn */
  async turn(signal?: AbortSignal): Promise<void> {
    this.#waiting += 1;
    const mine = this.#queue
      .then(() => this.#first(signal))
      .finally(() => {
        this.#waiting -= 1;
      });
    this.#queue = mine.catch(() => undefined);
    return mine;
  }

  async #first(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    // A pause may begin while this one waits.
    for (let left = this.#left(); left > 0; left = this.#left()) await this.#clock.sleep(left, signal);
    this.#next = this.#clock.now() + this.#spacingMs;
  }

  #left(): number {
    return this.#next - this.#clock.now();
  }

  /** Nobody sends anything for this long from now. */
  pause(seconds: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.now() + seconds * 1000);
    this.#next = Math.max(this.#next, this.#pausedUntil);
  }
}
