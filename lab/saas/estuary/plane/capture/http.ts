import { retryAfterOf } from "../../../../../components/core/http/retryAfter.ts";
import type { Clock } from "../../../../../components/core/wait.ts";

/** An answer that is not a success, with what the API said. */
export class HttpFailure extends Error {
  readonly status: number;
  readonly body: string;
  constructor(what: string, status: number, body: string) {
    super(`${what} answered ${status}: ${body.slice(0, 300)}`);
    this.name = "HttpFailure";
    this.status = status;
    this.body = body;
  }
}

export interface Call {
  method: "GET" | "POST";
  url: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Seconds until a refused call is made again; undefined: it fails, and the task with it. */
type Retry = (status: number, tried: number, headers: Headers) => number | undefined;

/** As the Slack connector: five times after 429, when the API says. */
export const patiently: Retry = (status, tried, headers) =>
  status === 429 && tried <= 5 ? Math.max(0.1, retryAfterOf(headers) ?? 1) : undefined;

/** As Estuary's own connectors: 429 and 5xx without end, whatever `Retry-After` says. They wait for up to 300 s. */
export const endlessly: Retry = (status) => (status === 429 || status >= 500 ? 0.5 : undefined);

/** The JSON of a success. */
export async function call(
  request: Call,
  retry: Retry,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ value: unknown; bytes: number }> {
  const { url, ...init } = request;
  const what = `${request.method} ${new URL(url).pathname}`;
  for (let tried = 1; ; tried++) {
    const timeout = AbortSignal.any([signal, AbortSignal.timeout(60_000)]);
    const response = await fetch(url, { ...init, signal: timeout }).catch((error: unknown) => {
      throw new Error(`${what} got no answer`, { cause: error });
    });
    const text = await response.text();
    if (response.ok) return { value: JSON.parse(text), bytes: text.length };
    const seconds = retry(response.status, tried, response.headers);
    const failure = new HttpFailure(what, response.status, text);
    if (seconds === undefined) throw failure;
    await clock.sleep(seconds * 1000, signal).catch(() => {
      // Nobody waits any longer: this is what it waited for.
      throw failure;
    });
  }
}
