import { type Clock, systemClock } from "../../../components/core/wait.ts";
import type { Journal } from "../../../lambda/client/journal.ts";

/** A journal that lasts as long as the process. */
export class MemoryJournal implements Journal {
  readonly #sent = new Map<string, number>();
  readonly #clock: Clock;
  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }
  async sent(subject: string): Promise<void> {
    this.#sent.set(subject, this.#clock.now());
  }
  async settled(subject: string): Promise<void> {
    this.#sent.delete(subject);
  }
  async unanswered(subject: string): Promise<number | undefined> {
    const at = this.#sent.get(subject);
    return at === undefined ? undefined : this.#clock.now() - at;
  }
}
