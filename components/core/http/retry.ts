import { asError } from "../errors.ts";
import { type Clock, Unrecoverable, WaitTimeout, waitFor } from "../wait.ts";
import { ApiError, RateLimited, ReplyLost, ServerFault, Unreachable, type Vendor } from "./errors.ts";

/**
 * When a failed call is sent again. `safe`: also when it may have happened, for calls that do no harm when repeated.
 * `unsent`: only when it certainly did not happen (429, no connection).
 */
export type Retry = "safe" | "unsent";

/** Failures that may pass by themselves. */
const transient = [RateLimited, Unreachable, ServerFault, ReplyLost];

function worthRetrying(error: ApiError, retry: Retry): boolean {
  if (error instanceof RateLimited || error instanceof Unreachable) return true;
  return retry === "safe" && (error instanceof ServerFault || error instanceof ReplyLost);
}

export interface RetryOptions {
  vendor: Vendor;
  /** The call, for messages. */
  name: string;
  retry: Retry;
  /** Seconds to keep retrying. 0 tries once. */
  deadline: number;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

/** Repeats `attempt` while `retry` allows it, until the deadline; then fails with the last failure. */
export async function retrying<T>(options: RetryOptions, attempt: () => Promise<T>): Promise<T> {
  const { vendor, name, retry, deadline, clock, signal } = options;
  let last: ApiError | undefined;
  const wait = { what: `a reply to ${name}`, deadline, clock, ...(signal && { signal }) };
  try {
    const { payload } = await waitFor(wait, async () => {
      try {
        // Wrapped, because a payload may have any shape, also that of `notYet`.
        return { payload: await attempt() };
      } catch (error) {
        if (!(error instanceof ApiError) || !worthRetrying(error, retry))
          throw new Unrecoverable(asError(error));
        last = error;
        throw error;
      }
    });
    return payload;
  } catch (error) {
    if (!(error instanceof WaitTimeout) || last === undefined) throw error;
    const { failure } = last;
    const Kind = transient.find((kind) => last instanceof kind);
    if (deadline === 0 || Kind === undefined) throw last;
    throw new Kind(vendor, { ...failure, message: `${failure.message} (retried for ${deadline} s)` });
  }
}
