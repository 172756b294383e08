/** What a number was during the last seconds. */
export class Window {
  readonly #seconds: number;
  readonly #since: number;
  #seen: { at: number; value: number }[] = [];

  /** @param now seconds since 1970, as all times here */
  constructor(seconds: number, now: number) {
    this.#seconds = seconds;
    this.#since = now;
  }

  add(at: number, value: number): void {
    this.#seen.push({ at, value });
    // The last one before the window says what the number was when it began.
    while (this.#seen.length > 1 && (this.#seen[1]?.at ?? at) <= at - this.#seconds) this.#seen.shift();
  }

  /** `whole` once it was watched for all of its seconds. */
  range(now: number): { min: number; max: number; whole: boolean } {
    const values = this.#seen.map(({ value }) => value);
    return {
      min: Math.min(...values),
      max: Math.max(...values),
      whole: now - this.#since >= this.#seconds,
    };
  }
}
