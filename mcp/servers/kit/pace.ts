import { type Clock, systemClock } from "../../../components/core/wait.ts";

/** Spaces out the requests of this process to a service that counts them. */
export class Pace {
  readonly #spacingMs: number;
  readonly #clock: Clock;
  #next = 0;
  #pausedUntil = 0;

  constructor(perSecond: number, clock: Clock = systemClock) {
    this.#spacingMs = 1000 / perSecond;
    this.#clock = clock;
  }

  /** Seconds for which nobody may send. */
  paused(): number {
    return Math.max(0, this.#pausedUntil - this.#clock.now()) / 1000;
  }

  /** Resolves when the caller may send. */
  async turn(signal?: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    const at = Math.max(now, this.#next);
    this.#next = at + this.#spacingMs;
    if (at > now) await this.#clock.sleep(at - now, signal);
  }

  /** Nobody sends anything for this long from now. */
  pause(seconds: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.now() + seconds * 1000);
    this.#next = Math.max(this.#next, this.#pausedUntil);
  }
}
