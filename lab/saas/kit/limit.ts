/** Requests within a sliding window, as vendors count them. */
export interface Rate {
  requests: number;
  seconds: number;
}

/** Says whether a request is one too many. */
export class RateLimit {
  #taken: number[] = [];
  readonly #rate: Rate;

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Seconds to wait, or 0 where the request may pass. */
  take(now = Date.now()): number {
    const start = now - this.#rate.seconds * 1000;
    const gone = this.#taken.findIndex((at) => at > start);
    this.#taken.splice(0, gone < 0 ? this.#taken.length : gone);
    const [oldest] = this.#taken;
    if (oldest !== undefined && this.#taken.length >= this.#rate.requests) {
      return Math.max(0.001, (oldest - start) / 1000);
    }
    this.#taken.push(now);
    return 0;
  }
}
