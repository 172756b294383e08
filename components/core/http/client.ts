import type { z } from "zod";
import { type Clock, systemClock } from "../wait.ts";
import { type ApiError, RateLimited, ServerFault, type Vendor } from "./errors.ts";
import { redact } from "./redact.ts";
import { type Retry, retrying } from "./retry.ts";
import { send } from "./send.ts";

export interface Call<T> {
  /** The call, for messages, e.g. `POST /instance-operations/launch`. */
  name: string;
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  url: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** Of the JSON in a reply of success. */
  schema: z.ZodType<T>;
  retry: Retry;
  /** Never shown in a message, in addition to those of all calls. */
  secrets?: readonly string[];
  signal?: AbortSignal | undefined;
  /** Awaited before every attempt, e.g. for a rate limit. */
  before?: (signal: AbortSignal | undefined) => Promise<void>;
}

/** A reply that is no success. */
export interface Refusal {
  call: string;
  status: number;
  /** Without secrets. */
  text: string;
}

export interface HttpClientOptions {
  vendor: Vendor;
  /** Never shown in a message. */
  secrets: readonly string[];
  /** Removes what is secret in replies in addition to `secrets`. Default: nothing. */
  redactReply?: (text: string) => string;
  /** Seconds to keep retrying where `Retry` allows it. 0 tries once. */
  retryDeadline: number;
  /** Seconds after which a request counts as unanswered. Default: 60. */
  requestTimeout?: number | undefined;
  /** The error for a reply that is no success. */
  errorFor: (refusal: Refusal) => ApiError;
  /** Awaited after a 429. `retryAfter` is the header of that name in seconds, 0 without it. */
  onRateLimited: (retryAfter: number) => Promise<void>;
  /** Default: the machine's clock. */
  clock?: Clock | undefined;
  fetch?: typeof fetch | undefined;
}

/** HTTP with retries, typed errors and redaction, independent of what the calls mean. */
export class HttpClient {
  readonly #options: HttpClientOptions;
  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  /** @throws ApiError */
  async call<T>(call: Call<T>): Promise<T> {
    const { vendor, retryDeadline: deadline, clock = systemClock } = this.#options;
    const { name, retry, signal } = call;
    return await retrying({ vendor, name, retry, deadline, clock, signal }, () => this.#attempt(call));
  }

  async #attempt<T>(call: Call<T>): Promise<T> {
    const { vendor, requestTimeout = 60, fetch: fetcher = fetch } = this.#options;
    const clean = (text: string): string => this.#redact(text, call.secrets ?? []);
    await call.before?.(call.signal);
    const request = { ...call, headers: call.headers ?? {} };
    const { status, text, retryAfter } = await send(request, {
      vendor,
      timeout: requestTimeout,
      fetch: fetcher,
      redact: clean,
    });
    if (status >= 200 && status < 300) {
      const result = decode(text, call.schema);
      if ("value" in result) return result.value;
      const message = `${result.fault}: ${excerpt(clean(result.detail))}`;
      throw new ServerFault(vendor, { call: call.name, status, message });
    }
    const error = this.#options.errorFor({ call: call.name, status, text: clean(text) });
    if (error instanceof RateLimited) await this.#options.onRateLimited(retryAfter ?? 0);
    throw error;
  }

  #redact(text: string, secrets: readonly string[]): string {
    const { redactReply = (same: string) => same } = this.#options;
    return redactReply(redact(text, [...this.#options.secrets, ...secrets]));
  }
}

/** Anything but JSON of the known shape means that the reply was not the vendor's. */
function decode<T>(text: string, schema: z.ZodType<T>): { value: T } | { fault: string; detail: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: "reply is not JSON", detail: text };
  }
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data };
  return { fault: "reply is not as documented", detail: faultsOf(result.error) };
}

/** The first faults of a reply, with their places. */
export const faultsOf = ({ issues }: z.ZodError): string =>
  issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join(".")}: ${message}`)
    .join("; ");

/** The beginning of a reply, for a message. */
export const excerpt = (text: string, limit = 200): string => text.trim().slice(0, limit) || "empty reply";
