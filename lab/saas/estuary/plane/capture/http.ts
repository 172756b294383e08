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

/** How often a call is made again after 429, at the time that the API names. Then it fails, and the task with it. */
const patience = 5;

/** The JSON of a success. Waits as long as a 429 asks for. */
export async function call(
  request: Call,
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
    if (response.status !== 429 || tried > patience) throw new HttpFailure(what, response.status, text);
    await clock.sleep(Math.max(0.1, retryAfterOf(response.headers) ?? 1) * 1000, signal);
  }
}
