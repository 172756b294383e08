import type { Result } from "./checks/judge.ts";

/** An unchanged result is written again after this many seconds, so that its history has no holes. */
const keepEvery = 3600;

/** Which results are worth writing down. */
export class History {
  readonly #written = new Map<string, { text: string; at: number }>();

  /** Results that changed, and every hour all of them. They count as written. */
  worthKeeping(results: readonly Result[], at: number): Result[] {
    return results.filter(({ stream, check, score, passed }) => {
      const key = `${stream} ${check}`;
      const text = `${score.toFixed(2)} ${passed}`;
      const last = this.#written.get(key);
      if (last && last.text === text && at - last.at < keepEvery) return false;
      this.#written.set(key, { text, at });
      return true;
    });
  }
}
