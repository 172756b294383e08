/**
 * The emulator's own time. It starts at the machine's time and runs `speed` times as fast, so that a boot of four
 * minutes takes seconds while every ratio (limits, boots, terminations) stays true. Speed 0 stands still until
 * `advance`, which is how tests make time pass.
 */
export class LabClock {
  #base: number;
  #realBase: number;
  #speed: number;
  readonly #real: () => number;

  /** @param startAt Unix milliseconds below which this clock never reads: a restarted emulator goes on from there. */
  constructor(speed: number, startAt = 0, real: () => number = Date.now) {
    this.#real = real;
    this.#realBase = real();
    this.#base = Math.max(this.#realBase, startAt);
    this.#speed = speed;
  }

  get speed(): number {
    return this.#speed;
  }

  /** Unix milliseconds of emulated time. */
  now(): number {
    return Math.round(this.#base + (this.#real() - this.#realBase) * this.#speed);
  }

  setSpeed(speed: number): void {
    this.#base = this.now();
    this.#realBase = this.#real();
    this.#speed = speed;
  }

  advance(seconds: number): void {
    this.#base += seconds * 1000;
  }
}
