import type { Clock } from "../../../../../components/core/wait.ts";
import { NeedsHand } from "./source.ts";

/** Seconds before each new try. */
export interface Backoff {
  first: number;
  most: number;
}

/**
 * Runs until `signal` aborts, again and again: after an error the pause doubles up to `most`; a run that lasted longer
 * than `most` starts again with `first`.
 */
export async function again(
  run: () => Promise<void>,
  failed: (error: unknown) => void,
  backoff: Backoff,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let pause = backoff.first;
  while (!signal.aborted) {
    const began = clock.now();
    try {
      await run();
      pause = backoff.first;
    } catch (error) {
      if (signal.aborted) return;
      failed(error);
      if (clock.now() - began > backoff.most * 1000) pause = backoff.first;
      if (error instanceof NeedsHand) pause = backoff.most;
      await clock.sleep(pause * 1000, signal).catch(() => {
        // Aborted: the loop ends.
      });
      pause = Math.min(backoff.most, pause * 2);
    }
  }
}
