import type { z } from "zod";
import {
  type Clock,
  Hopeless,
  notYet,
  systemClock,
  WaitTimeout,
  waitFor,
} from "../../../components/core/wait.ts";
import {
  EstuaryError,
  RateLimited,
  Refused,
  ReplyLost,
  ServerFault,
  Unauthorized,
  Unreachable,
} from "./errors.ts";

/**
 * When a failed call is made again. `safe`: also when it may have happened, for calls that do no harm twice.
 * `unsent`: only when it certainly did not happen (429, no connection).
 */
export type Retry = "safe" | "unsent";

export interface Call<T> {
  /** For messages. */
  name: string;
  method: "GET" | "POST";
  url: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** Never shown in a message, beside those of all calls. */
  secrets?: readonly string[];
  decode: (text: string) => T;
  retry: Retry;
}

export interface HttpOptions {
  /** Never shown in a message. */
  secrets: readonly string[];
  /** Seconds to go on trying where `Retry` allows. 0 tries once. */
  retryDeadline: number;
  /** Seconds after which a request counts as unanswered. Default 60. */
  requestTimeout?: number | undefined;
  clock?: Clock | undefined;
  fetch?: typeof fetch | undefined;
}

/** Failures before a connection stands: the request cannot have reached Estuary. */
const unsent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

/** Removes secrets from text that goes into an error. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret.length > 0) clean = clean.replaceAll(secret, "[secret]");
  return clean;
}

/** HTTP with retries and typed errors, and nothing of what calls mean. */
export class Http {
  readonly #options: HttpOptions;
  constructor(options: HttpOptions) {
    this.#options = options;
  }

  async call<T>(call: Call<T>): Promise<T> {
    const { retryDeadline, clock = systemClock } = this.#options;
    let last: EstuaryError | undefined;
    const wait = { what: `an answer to ${call.name}`, deadline: retryDeadline, clock };
    try {
      const result = await waitFor(wait, async () => {
        try {
          // Wrapped, because a payload may look like anything.
          return { payload: await this.#once(call) };
        } catch (error) {
          if (!(error instanceof EstuaryError) || !worthRetrying(error, call.retry))
            throw new Hopeless(error instanceof Error ? error : new Error(String(error)));
          last = error;
          return notYet(error.message);
        }
      });
      return result.payload;
    } catch (error) {
      if (error instanceof WaitTimeout && last !== undefined) throw last;
      throw error;
    }
  }

  async #once<T>(call: Call<T>): Promise<T> {
    const { clock = systemClock } = this.#options;
    const { status, text, retryAfter } = await this.#send(call);
    if (status >= 200 && status < 300) return call.decode(text);
    const failure = { call: call.name, status, message: this.#redact(call, text).slice(0, 1000) };
    if (status === 429) {
      const seconds = Math.min(Number(retryAfter) || 0, this.#options.retryDeadline);
      if (seconds > 0) await clock.sleep(seconds * 1000);
      throw new RateLimited(failure);
    }
    if (status >= 500) throw new ServerFault(failure);
    if (status === 401 || status === 403) throw new Unauthorized(failure);
    throw new Refused(failure);
  }

  #redact<T>(call: Call<T>, text: string): string {
    return redact(text, [...this.#options.secrets, ...(call.secrets ?? [])]);
  }

  async #send<T>(call: Call<T>) {
    const { requestTimeout = 60, fetch: send = fetch } = this.#options;
    const timeout = AbortSignal.timeout(requestTimeout * 1000);
    try {
      const response = await send(call.url, {
        method: call.method,
        headers: {
          accept: "application/json",
          ...(call.body !== undefined && { "content-type": "application/json" }),
          ...call.headers,
        },
        ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
        signal: timeout,
        redirect: "error",
      });
      return {
        status: response.status,
        text: await response.text(),
        retryAfter: response.headers.get("retry-after"),
      };
    } catch (error) {
      if (timeout.aborted)
        throw new ReplyLost({ call: call.name, message: `no reply within ${requestTimeout} s` });
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
      const message = this.#redact(call, cause instanceof Error ? cause.message || code : String(cause));
      if (unsent.has(code))
        throw new Unreachable({ call: call.name, message: `cannot reach ${call.url}: ${message}` });
      throw new ReplyLost({ call: call.name, message: `no reply: ${message}` });
    }
  }
}

function worthRetrying(error: EstuaryError, retry: Retry): boolean {
  if (error instanceof RateLimited || error instanceof Unreachable) return true;
  return retry === "safe" && (error instanceof ServerFault || error instanceof ReplyLost);
}

/** Decodes JSON of a known shape; anything else means that the reply was not Estuary's. */
export const json =
  <T>(call: string, schema: z.ZodType<T>) =>
  (text: string): T => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new ServerFault({ call, message: `the answer is not JSON: ${text.slice(0, 200)}` });
    }
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const issues = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
    throw new ServerFault({ call, message: `the answer has another shape than known: ${issues}` });
  };
