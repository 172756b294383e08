import { pause } from "../../kit/pause.ts";

/** When checks run, all in seconds. */
export interface Pace {
  /** From the end of a run to the next at most: what shows a load that is missing. */
  interval: number;
  /** Between two looks for a load. */
  look: number;
  /** From the end of a run to one that a load causes at least, and how long a load may go on until it causes one. */
  spacing: number;
}

/** A sixth of the interval lies between two runs at least: a first load, which goes on for hours, is checked at times. */
export const paceOf = (interval: number): Pace => ({
  interval,
  look: Math.min(2, interval / 10),
  spacing: interval / 6,
});

/** What is known of loads. */
export interface Loads {
  /** What was written when the last complete run began. */
  judged?: string | undefined;
  /** What was written at the last look. */
  seen?: string | undefined;
  /** When a look first found what no run judged. */
  since?: number | undefined;
  /** Whether the last look found nothing new. */
  paused: boolean;
}

/** After a look; undefined where it failed. Pure. */
export function looked(before: Loads, written: string | undefined, now: number): Loads {
  // What is unknown causes no run: the interval does.
  if (written === undefined) return { ...before, since: undefined, paused: false };
  const since = written === before.judged ? undefined : (before.since ?? now);
  return { judged: before.judged, seen: written, since, paused: written === before.seen };
}

/** Whether checks run now: after a load that has paused or goes on for long, else at the interval. Pure. */
export function isDue(
  { interval, spacing }: Pace,
  { ended, took }: { ended: number; took: number },
  { since, paused }: Loads,
  now: number,
): boolean {
  if (now - ended >= interval) return true;
  // Large tables: no more than half of the time is spent on checks that loads cause.
  if (since === undefined || now - ended < Math.max(spacing, took)) return false;
  return paused || now - since >= spacing;
}

export interface Loop {
  pace: Pace;
  /** Runs the checks; whether they completed. */
  run(): Promise<boolean>;
  /** What was written until now, as a text that each load changes; undefined where that is unknown. */
  look(): Promise<string | undefined>;
  signal: AbortSignal;
  /** Seconds. Default: the process's clock. */
  now?: () => number;
  /** Default: waits. */
  wait?: (seconds: number, signal: AbortSignal) => Promise<void>;
}

/** Runs the checks after each load, and at least on the interval, until the signal. */
export async function runOnLoads({ pace, run, look, signal, ...clock }: Loop): Promise<void> {
  const { now = () => performance.now() / 1000, wait = pause } = clock;
  let loads = looked({ paused: true }, await look(), now());
  while (!signal.aborted) {
    const began = now();
    const complete = await run();
    const ended = now();
    if (complete) loads = { judged: loads.seen, seen: loads.seen, paused: true };
    do {
      // After a run that failed the next one comes at the interval, whatever was loaded.
      const left = ended + pace.interval - now();
      await wait(Math.max(0, complete ? Math.min(pace.look, left) : left), signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
      if (signal.aborted) return;
      loads = looked(loads, await look(), now());
    } while (!isDue(pace, { ended, took: ended - began }, loads, now()));
  }
}
