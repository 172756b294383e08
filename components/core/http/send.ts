import { messageOf } from "../errors.ts";
import { ReplyLost, Unreachable, Untrusted, type Vendor } from "./errors.ts";
import { retryAfterOf } from "./retryAfter.ts";
import { isUntrusted } from "./untrusted.ts";

/** Failures before a connection is established: the request cannot have reached the server. */
const unsent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "UND_ERR_CONNECT_TIMEOUT",
]);

export interface HttpRequest {
  /** The call, for messages. */
  name: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  signal?: AbortSignal | undefined;
}

export interface HttpReply {
  status: number;
  text: string;
  /** Seconds. */
  retryAfter: number | undefined;
}

export interface SendOptions {
  vendor: Vendor;
  /** Seconds after which a request counts as unanswered. */
  timeout: number;
  fetch: typeof fetch;
  redact: (text: string) => string;
}

/**
 * One request, and its reply whatever the status.
 *
 * @throws ReplyLost, Unreachable or Untrusted when no reply came; the signal's reason when it was aborted.
 */
export async function send(request: HttpRequest, options: SendOptions): Promise<HttpReply> {
  const { vendor, timeout, redact } = options;
  const { name: call, method, url, headers, body, signal } = request;
  const expired = AbortSignal.timeout(timeout * 1000);
  try {
    const response = await options.fetch(url, {
      method,
      headers: {
        accept: "application/json",
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: signal ? AbortSignal.any([expired, signal]) : expired,
      redirect: "error",
    });
    return {
      status: response.status,
      text: await response.text(),
      retryAfter: retryAfterOf(response.headers),
    };
  } catch (error) {
    signal?.throwIfAborted();
    if (expired.aborted) throw new ReplyLost(vendor, { call, message: `no reply within ${timeout} s` });
    const { code, message } = reasonOf(error);
    const reason = redact(message);
    const { origin } = new URL(url);
    if (isUntrusted(code))
      throw new Untrusted(vendor, {
        call,
        message: `${origin} presents a certificate that is not trusted: ${reason} (${code})`,
      });
    if (unsent.has(code))
      throw new Unreachable(vendor, { call, message: `cannot reach ${origin}: ${reason}` });
    throw new ReplyLost(vendor, { call, message: `no reply: ${reason}` });
  }
}

/** `fetch` hides the reason in the cause of its error. */
function reasonOf(error: unknown): { code: string; message: string } {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return { code, message: messageOf(cause) };
}
