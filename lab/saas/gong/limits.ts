/** Requests that the company may send, all its integrations together. */
export interface Limits {
  perSecond: number;
  perDay: number;
}

/** Gong's own. */
export const gongLimits: Limits = { perSecond: 3, perDay: 10_000 };

/** Of the lab's account, which reads every few seconds: Gong raises the limit of a day on request. */
export const labLimits: Limits = { ...gongLimits, perDay: 50_000 };

/** Counts requests as they come, over any second and over the day (UTC). */
export class Counter {
  readonly #limits: Limits;
  readonly #now: () => number;
  #recent: number[] = [];
  #day = -1;
  #today = 0;

  constructor(limits: Limits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Counts one more. @returns seconds to wait where it is one too many */
  take(): number | undefined {
    const { perSecond, perDay } = this.#limits;
    const now = this.#now();
    const today = Math.floor(now / 86_400_000);
    if (today !== this.#day) [this.#day, this.#today] = [today, 0];
    if (this.#today >= perDay) return Math.ceil(((today + 1) * 86_400_000 - now) / 1000);
    this.#recent = this.#recent.filter((at) => at > now - 1000);
    if (this.#recent.length >= perSecond) return 1;
    this.#recent.push(now);
    this.#today += 1;
    return undefined;
  }
}
