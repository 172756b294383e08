import type { Clock } from "./source/clock.ts";

/** When a run reads Gong. */
export interface Readings {
  /** Seconds from the start of one reading to the next; 0 reads once. */
  interval: number;
  /** Seconds after the run's start from which on no reading begins: the next run is due then. */
  until: number;
}

/** When the next reading begins, in seconds after the run's start; undefined where the next run is to do it. Pure. */
export function nextReading(passed: number, { interval, until }: Readings): number | undefined {
  if (interval <= 0) return undefined;
  const next = (Math.floor(passed / interval) + 1) * interval;
  return next < until ? next : undefined;
}

/** Reads at the run's start, and again while it is not the next run's turn. @throws what a reading throws, which ends the run */
export async function readRepeatedly(
  read: () => Promise<void>,
  { readings, clock, signal }: { readings: Readings; clock: Clock; signal: AbortSignal },
): Promise<void> {
  const began = clock.now();
  for (;;) {
    await read();
    const passed = (clock.now() - began) / 1000;
    const next = nextReading(passed, readings);
    if (next === undefined || signal.aborted) return;
    try {
      await clock.sleep((next - passed) * 1000, signal);
    } catch (error) {
      // Nothing is under way between two readings.
      if (signal.aborted) return;
      throw error;
    }
  }
}
