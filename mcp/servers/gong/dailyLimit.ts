import type { Clock } from "../../../components/core/wait.ts";

export const dayMs = 86_400_000;

/** Counts the requests of this process by days of UTC. A process that starts again counts from 0. */
export class DailyLimit {
  readonly #most: number;
  readonly #clock: Clock;
  #day = -1;
  #sent = 0;

  constructor(most: number, clock: Clock) {
    this.#most = most;
    this.#clock = clock;
  }

  /** Whether today has room for one more. */
  hasRoom(): boolean {
    const today = Math.floor(this.#clock.now() / dayMs);
    if (today !== this.#day) [this.#day, this.#sent] = [today, 0];
    return this.#sent < this.#most;
  }

  /** Counts one more. @returns whether today has room for it */
  take(): boolean {
    if (!this.hasRoom()) return false;
    this.#sent += 1;
    return true;
  }
}
