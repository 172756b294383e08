import { messageOf } from "./errors.ts";

/** What to wait for, and for how long. */
export interface Wait {
  /** Ends the sentence "waited 600 s for …", e.g. `ssh ubuntu@203.0.113.7:22`. */
  what: string;
  /** Seconds until the wait fails. */
  deadline: number;
  /** Seconds between two probes; each pause is jittered by ±20 %. Default 2. */
  interval?: number;
  /** Injected in tests. Default: the machine's clock. */
  clock?: Clock;
  /** Aborting ends the wait at once with the signal's reason. */
  signal?: AbortSignal;
}

export interface Clock {
  /** Milliseconds since some fixed moment. */
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A deadline passed. `lastError` is the reason of the last probe. */
export class WaitTimeout extends Error {
  readonly lastError: string;
  constructor(what: string, seconds: number, lastError: string) {
    super(`waited ${seconds} s for ${what}; last: ${lastError}`);
    this.name = "WaitTimeout";
    this.lastError = lastError;
  }
}

/** Throw this from a probe when waiting longer cannot help: the wait ends at once with `cause`. */
export class Unrecoverable extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
    this.name = "Unrecoverable";
  }
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = setTimeout(done, ms);
      function done() {
        signal?.removeEventListener("abort", stop);
        resolve();
      }
      function stop() {
        clearTimeout(timer);
        reject(signal?.reason);
      }
      signal?.addEventListener("abort", stop, { once: true });
    }),
};

/** Result of a probe that was not successful yet, with the reason. */
export interface NotYet {
  readonly notYet: string;
}
/** What a probe returns while it is to be tried again. @param why becomes part of the error at the deadline */
export const notYet = (why: string): NotYet => ({ notYet: why });
const isNotYet = (value: unknown): value is NotYet =>
  typeof value === "object" && value !== null && "notYet" in value;

/**
 * Calls `probe` until it returns something other than `notYet(…)` and throws nothing, or the deadline passes.
 * The last reason is part of the error of a timeout.
 */
export async function waitFor<T>(wait: Wait, probe: () => Promise<T | NotYet>): Promise<T> {
  const clock = wait.clock ?? systemClock;
  const start = clock.now();
  const pause = (wait.interval ?? 2) * 1000;
  for (;;) {
    let last: string;
    try {
      const value = await probe();
      if (!isNotYet(value)) return value;
      last = value.notYet;
    } catch (error) {
      if (error instanceof Unrecoverable) throw error.cause;
      last = messageOf(error);
    }
    wait.signal?.throwIfAborted();
    if (clock.now() - start >= wait.deadline * 1000) throw new WaitTimeout(wait.what, wait.deadline, last);
    await clock.sleep(pause * (0.8 + 0.4 * Math.random()), wait.signal);
  }
}
