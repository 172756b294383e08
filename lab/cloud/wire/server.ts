import type { IncomingMessage, ServerResponse } from "node:http";
import { systemClock } from "../../../components/core/wait.ts";
import type { Backend } from "../backend/backend.ts";
import { ApiError, InvalidParameters, NotFound } from "../backend/errors.ts";
import { authorise } from "./auth.ts";
import { readJson } from "./body.ts";
import type { Fault, Faults } from "./faults.ts";
import type { Journal, RequestEntry } from "./journal.ts";
import { type Bucket, take } from "./limits.ts";
import { match } from "./route.ts";
import { routes } from "./routes.ts";

export const basePath = "/api/v1";

/** `before`: nothing happened yet; `handled`: it happened, the answer is not sent; `replied`: the answer is out. */
export type Phase = "before" | "handled" | "replied";
interface ObservedRequest {
  number: number;
  method: string;
  path: string;
  operation: string;
  query: Record<string, string>;
  body: unknown;
  /** What was sent. From `replied` on, unless a fault made it. */
  answer?: { status: number; contentType: string; text: string };
}
export type Observer = (phase: Phase, request: ObservedRequest) => void | Promise<void>;

export interface ApiOptions {
  backend: Backend;
  faults: Faults;
  journal: Journal;
  apiKeys: readonly string[];
  onRequest?: Observer | undefined;
  /** How a fault of kind `delay` waits. Default: in real time. */
  delay?: Delay | undefined;
}

export type Delay = (milliseconds: number) => Promise<void>;

interface Reply {
  status: number;
  /** An object goes as JSON, a string as plain text. */
  body: object | string;
  headers?: Record<string, string>;
}

const errorReply = (error: ApiError): Reply => ({
  status: error.status,
  body: {
    error: {
      code: error.code,
      message: error.message,
      ...(error.suggestion === undefined ? {} : { suggestion: error.suggestion }),
    },
  },
});

/** What Cloudflare answers in front of the real API: not JSON. */
const rateLimited: Reply = { status: 429, body: "error code: 1015" };

/** The API's HTTP side: limits, keys, faults, and the way to a handler and back. */
export class Api {
  readonly #options: ApiOptions;
  #requests: Bucket | undefined;
  #launches: Bucket | undefined;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  /** Answers one request, or cuts its connection when a fault says so. */
  async serve(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const { backend, faults, journal, onRequest, delay = systemClock.sleep } = this.#options;
    const method = request.method ?? "GET";
    const path = url.pathname.slice(basePath.length);
    const found = match(routes, method, path);
    const operation = found.found === "route" ? found.route.operation : "unknown";
    const body = await readJson(request);
    const content = body.ok ? body.value : undefined;
    const entry = journal.request({ at: backend.clock.now(), method, path, operation, body: content });
    const query = Object.fromEntries(url.searchParams);
    const observed: ObservedRequest = { number: entry.number, method, path, operation, query, body: content };

    await onRequest?.("before", observed);
    const fault = faults.take(operation);
    if (fault) entry.fault = `${fault.effect.kind} ${fault.when}`;
    let reply = fault?.when === "before" ? await afflict(fault, undefined, delay) : undefined;
    if (reply === "drop") return void request.socket.destroy();
    if (!reply) {
      reply = this.#answer(request, url, body, found, operation);
      await onRequest?.("handled", observed);
      if (fault?.when === "after") {
        const afflicted = await afflict(fault, reply, delay);
        if (afflicted === "drop") return void request.socket.destroy();
        reply = afflicted ?? reply;
      }
    }
    const answer = await send(response, reply, entry);
    if (fault?.effect.kind !== "reply") observed.answer = answer;
    await onRequest?.("replied", observed);
  }

  #answer(
    request: IncomingMessage,
    url: URL,
    body: Awaited<ReturnType<typeof readJson>>,
    found: ReturnType<typeof match>,
    operation: string,
  ): Reply {
    const { backend, apiKeys } = this.#options;
    try {
      backend.settle();
      authorise(request.headers.authorization, apiKeys, backend.state.account.standing, operation);
      if (!this.#withinLimits(operation)) return rateLimited;
      if (found.found === "nothing") throw new NotFound();
      if (found.found === "path")
        return {
          status: 405,
          body: { detail: "Method Not Allowed" },
          headers: { allow: found.allowed.join(", ") },
        };
      if (!body.ok) throw new InvalidParameters(body.reason);
      const query = Object.fromEntries(url.searchParams);
      const answer = found.route.answer({ backend, id: found.id, query, body: body.value });
      backend.settle();
      return { status: 200, body: answer };
    } catch (error) {
      if (error instanceof ApiError) return errorReply(error);
      throw error;
    }
  }

  /** One account, two buckets: a launch takes from both, a refused request from none. */
  #withinLimits(operation: string): boolean {
    const { backend } = this.#options;
    const { limits } = backend.state;
    if (!limits.enforced) return true;
    const now = backend.clock.now();
    const any = take(this.#requests, now, limits.requestSeconds, limits.requestBurst);
    if (operation === "launchInstance") {
      const launch = take(this.#launches, now, limits.launchSeconds, limits.launchBurst);
      if (!any.passed || !launch.passed) return false;
      this.#launches = launch.bucket;
    }
    this.#requests = any.bucket;
    return any.passed;
  }
}

async function afflict(
  fault: Fault,
  reply: Reply | undefined,
  delay: Delay,
): Promise<Reply | "drop" | undefined> {
  const { effect } = fault;
  switch (effect.kind) {
    case "drop":
      return "drop";
    case "delay":
      await delay(effect.milliseconds);
      return reply;
    case "reply":
      return {
        status: effect.status,
        body: effect.text ?? {
          error: {
            code: effect.code ?? "provider/internal-unavailable",
            message: effect.message ?? "Provider unavailable",
            suggestion: "Try again shortly",
          },
        },
      };
  }
}

async function send(response: ServerResponse, reply: Reply, entry: RequestEntry) {
  entry.status = reply.status;
  const text = typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body);
  if (typeof reply.body === "object" && "error" in reply.body) {
    const { error } = reply.body;
    if (typeof error === "object" && error !== null && "code" in error) entry.code = String(error.code);
  }
  const contentType = typeof reply.body === "string" ? "text/plain; charset=UTF-8" : "application/json";
  response.writeHead(reply.status, { "content-type": contentType, ...reply.headers });
  await new Promise<void>((resolve) => {
    // A client that went away meanwhile closes without finishing: that too is the end of it.
    response.once("close", resolve);
    response.end(text);
  });
  return { status: reply.status, contentType, text };
}
