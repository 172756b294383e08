import type { z } from "zod";
import { excerpt, HttpClient, type Refusal } from "../../components/core/http/client.ts";
import type { Failure } from "../../components/core/http/errors.ts";
import type { Retry } from "../../components/core/http/retry.ts";
import { type Clock, systemClock } from "../../components/core/wait.ts";
import { errorFor, HeldBack, lambdaCloud } from "./errors.ts";
import type { Limiter } from "./limiter.ts";
import { redactJupyter } from "./redact.ts";

export interface LambdaCall<T> {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  schema: z.ZodType<T>;
  retry: Retry;
  /** In addition to the limit for all requests: launches have a second one. */
  limiters?: Limiter[];
  /** Ends the wait for a turn, with its reason. What was sent is not cut off: it may be carried out all the same. */
  signal?: AbortSignal | undefined;
}

export interface LambdaHttpOptions {
  apiUrl: string;
  apiKey: string;
  /** For every request. */
  limiter: Limiter;
  /** Seconds to keep retrying where `Retry` allows it. 0 tries once. */
  retryDeadline: number;
  /** Seconds after which a request counts as unanswered. */
  requestTimeout: number;
  /** Milliseconds for which all requests are held back after a 429 without `Retry-After`. */
  backoffMs: number;
  clock?: Clock;
  fetch?: typeof fetch;
}

/** HTTP for one account: authorisation, rate limits and Lambda's errors. */
export class LambdaHttp {
  readonly #options: LambdaHttpOptions;
  readonly #client: HttpClient;
  constructor(options: LambdaHttpOptions) {
    this.#options = options;
    const { apiKey, limiter, backoffMs, retryDeadline, requestTimeout, clock, fetch } = options;
    this.#client = new HttpClient({
      vendor: lambdaCloud,
      secrets: [apiKey],
      redactReply: redactJupyter,
      retryDeadline,
      requestTimeout,
      errorFor: (refusal) => errorFor(failureOf(refusal)),
      onRateLimited: (seconds) => limiter.pause(seconds > 0 ? seconds * 1000 : backoffMs),
      clock,
      fetch,
    });
  }

  async call<T>({ path, query, limiters = [], signal, ...call }: LambdaCall<T>): Promise<T> {
    const { apiUrl, apiKey, limiter, retryDeadline, backoffMs, clock = systemClock } = this.#options;
    const name = `${call.method} ${path}`;
    const deadline = clock.now() + retryDeadline * 1000;
    return await this.#client.call({
      ...call,
      name,
      url: `${apiUrl.replace(/\/+$/, "")}${path}${query === undefined ? "" : `?${new URLSearchParams(query)}`}`,
      headers: { authorization: `Bearer ${apiKey}` },
      before: async () => {
        const held = await limiter.held();
        // A pause of our own choice is short, and waited for in any case.
        if (held > Math.max(deadline - clock.now(), backoffMs))
          throw new HeldBack(name, Math.ceil(held / 1000), retryDeadline);
        for (const one of [...limiters, limiter]) await one.turn(signal);
        signal?.throwIfAborted();
      },
    });
  }
}

/** Lambda's errors are `{ error: { code, message, suggestion } }`; anything else is quoted. */
function failureOf({ call, status, text }: Refusal): Failure {
  try {
    const error: unknown = (JSON.parse(text) as { error?: unknown } | null)?.error;
    if (typeof error === "object" && error !== null && "code" in error) {
      const { code, message, suggestion } = error as Record<string, unknown>;
      return {
        call,
        status,
        code: String(code),
        message: typeof message === "string" ? message : "no message",
        ...(typeof suggestion === "string" && { suggestion }),
      };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { call, status, message: excerpt(text) };
}
