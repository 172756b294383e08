import type { z } from "zod";
import { type Clock, Hopeless, systemClock, WaitTimeout, waitFor } from "../../components/core/wait.ts";
import {
  errorFor,
  type Failure,
  LambdaError,
  RateLimited,
  ReplyLost,
  ServerFault,
  Unreachable,
  Untrusted,
} from "./errors.ts";
import type { Limiter } from "./limiter.ts";
import { redact } from "./redact.ts";

/**
 * When a failed call is made again. `safe`: also when it may have happened, for calls that do no harm twice.
 * `unsent`: only when it certainly did not happen (429, no connection).
 */
export type Retry = "safe" | "unsent";

export interface Call<T> {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  schema: z.ZodType<T>;
  retry: Retry;
  /** Launches have a limit of their own on top of the one for all requests. */
  limiters?: Limiter[];
  signal?: AbortSignal | undefined;
}

export interface HttpOptions {
  apiUrl: string;
  apiKey: string;
  /** For every request. */
  limiter: Limiter;
  /** Seconds to go on trying where `Retry` allows. 0 tries once. */
  retryDeadline: number;
  /** Seconds after which a request counts as unanswered. */
  requestTimeout: number;
  /** Milliseconds that nobody sends anything after a 429 without `Retry-After`. */
  backoffMs: number;
  clock?: Clock;
  fetch?: typeof fetch;
}

/** Failures before a connection stands: the request cannot have reached Lambda. */
const unsent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/**
 * The server's certificate was refused, before the request was sent: OpenSSL's verification errors (`X509_V_ERR_…`
 * without that prefix), and Node's own. None of them passes by waiting.
 */
const untrusted =
  /^(CERT_|CRL_|SELF_SIGNED_CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)_|INVALID_(CA|PURPOSE)|HOSTNAME_MISMATCH|ERROR_IN_CERT_|ERR_TLS_CERT_)/;

/** One account's HTTP connection: authorisation, limits, retries, typed errors, and nothing of what calls mean. */
export class Http {
  readonly #options: HttpOptions;
  constructor(options: HttpOptions) {
    this.#options = options;
  }

  async call<T>(call: Call<T>): Promise<T> {
    const { retryDeadline, clock = systemClock } = this.#options;
    const name = `${call.method} ${call.path}`;
    let last: LambdaError | undefined;
    const wait = {
      what: `an answer to ${name}`,
      deadline: retryDeadline,
      clock,
      ...(call.signal && { signal: call.signal }),
    };
    try {
      return await waitFor(wait, async () => {
        try {
          // Wrapped, because a payload may look like anything.
          return { payload: await this.#once(name, call) };
        } catch (error) {
          if (!(error instanceof LambdaError) || !worthRetrying(error, call.retry)) {
            throw new Hopeless(error instanceof Error ? error : new Error(String(error)));
          }
          last = error;
          throw error;
        }
      }).then((result) => result.payload);
    } catch (error) {
      if (!(error instanceof WaitTimeout) || last === undefined) throw error;
      if (retryDeadline === 0) throw last;
      const Class = last.constructor as new (failure: Failure) => LambdaError;
      throw new Class({
        ...last.failure,
        message: `${last.failure.message} (tried again for ${retryDeadline} s)`,
      });
    }
  }

  async #once<T>(name: string, call: Call<T>): Promise<T> {
    for (const limiter of call.limiters ?? []) await limiter.turn(call.signal);
    await this.#options.limiter.turn(call.signal);
    const response = await this.#send(name, call);
    const text = redact(response.text, [this.#options.apiKey]);
    if (response.status >= 200 && response.status < 300)
      return decode(name, response.status, text, call.schema);
    const error = errorFor(failureOf(name, response.status, text));
    if (error instanceof RateLimited) {
      const seconds = Number(response.retryAfter);
      await this.#options.limiter.pause(seconds > 0 ? seconds * 1000 : this.#options.backoffMs);
    }
    throw error;
  }

  async #send<T>(name: string, call: Call<T>) {
    const { apiUrl, apiKey, requestTimeout, fetch: send = fetch } = this.#options;
    const query = call.query === undefined ? "" : `?${new URLSearchParams(call.query)}`;
    const timeout = AbortSignal.timeout(requestTimeout * 1000);
    try {
      const response = await send(`${apiUrl.replace(/\/+$/, "")}${call.path}${query}`, {
        method: call.method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          accept: "application/json",
          ...(call.body !== undefined && { "content-type": "application/json" }),
        },
        ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
        signal: call.signal ? AbortSignal.any([timeout, call.signal]) : timeout,
        redirect: "error",
      });
      return {
        status: response.status,
        text: await response.text(),
        retryAfter: response.headers.get("retry-after"),
      };
    } catch (error) {
      call.signal?.throwIfAborted();
      if (timeout.aborted)
        throw new ReplyLost({ call: name, message: `no reply within ${requestTimeout} s` });
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
      const text = cause instanceof Error && cause.message !== "" ? cause.message : code || String(cause);
      const message = redact(text, [apiKey]);
      if (untrusted.test(code))
        throw new Untrusted({
          call: name,
          message: `${apiUrl} shows a certificate that is not trusted: ${message} (${code})`,
        });
      if (unsent.has(code))
        throw new Unreachable({ call: name, message: `cannot reach ${apiUrl}: ${message}` });
      throw new ReplyLost({ call: name, message: `no reply: ${message}` });
    }
  }
}

function worthRetrying(error: LambdaError, retry: Retry): boolean {
  if (error instanceof RateLimited || error instanceof Unreachable) return true;
  return retry === "safe" && (error instanceof ServerFault || error instanceof ReplyLost);
}

function failureOf(call: string, status: number, text: string): Failure {
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
  return { call, status, message: text.trim().slice(0, 200) || "empty reply" };
}

function decode<T>(call: string, status: number, text: string, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ServerFault({ call, status, message: `reply is not JSON: ${text.trim().slice(0, 200)}` }, "", {
      cause,
    });
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const faults = result.error.issues.slice(0, 3).map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new ServerFault({ call, status, message: `reply is not as documented: ${faults.join("; ")}` });
}
