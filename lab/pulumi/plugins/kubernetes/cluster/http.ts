import http from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import { asError } from "../../../../../components/core/errors.ts";
import { notYet, Unrecoverable, waitFor } from "../../../../../components/core/wait.ts";
import type { Plain, PlainObject } from "../../kit/values.ts";
import { isObject } from "../../kit/values.ts";
import { number, text } from "../object/access.ts";
import type { Connection } from "./kubeconfig.ts";

/** The API server rejected a request. `reason` is machine-readable, e.g. `AlreadyExists`. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: PlainObject;
  constructor(code: number, reason: string, message: string, details: PlainObject) {
    super(message);
    this.name = "StatusError";
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}

export interface Request {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  query?: Record<string, string | undefined>;
  body?: Plain;
  contentType?: string;
  accept?: string;
}

interface Reply {
  status: number;
  retryAfter: string | undefined;
  body: string;
}

/** Seconds until a request times out, and for which requests to a busy server are retried. */
const requestTimeout = 60;

/** Sockets that are connected, after the TLS handshake if there is one. */
const established = new WeakSet<Socket>();

/** A client of one API server with kept-alive connections. */
export class ApiClient {
  readonly #connection: Connection;
  readonly #agent: http.Agent | https.Agent;
  readonly #signal: AbortSignal;

  constructor(connection: Connection, signal: AbortSignal) {
    this.#connection = connection;
    this.#signal = signal;
    const pool = { keepAlive: true, maxSockets: 16 };
    this.#agent = connection.server.startsWith("https:")
      ? new https.Agent({ ...pool, ...connection.tls })
      : new http.Agent(pool);
  }

  /** Sends a request and returns the decoded response. @throws StatusError if the server rejects it */
  async request(request: Request): Promise<PlainObject> {
    const what = `${request.method} ${this.#connection.server}${request.path}`;
    const reply = await waitFor(
      { what, deadline: requestTimeout, interval: 1, signal: this.#signal },
      async () => {
        try {
          const answer = await this.#send(request);
          const busy = answer.status === 429 || (answer.status === 503 && answer.retryAfter);
          return busy ? notYet(`the server is busy (${answer.status})`) : answer;
        } catch (cause) {
          const error = asError(cause);
          if (mayRepeat(request, error)) return notYet(error.message);
          throw new Unrecoverable(error);
        }
      },
    );
    if (reply.status < 400) return decode(reply.body);
    throw refusal(reply);
  }

  #send({ method, path, query = {}, body, contentType, accept }: Request): Promise<Reply> {
    const url = new URL(this.#connection.server + path);
    for (const [key, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(key, value);
    const content = body === undefined ? undefined : JSON.stringify(body);
    const headers: Record<string, string> = {
      accept: accept ?? "application/json",
      "user-agent": "pulumi-kubernetes",
      // Node sends the body of a DELETE without a length by default.
      ...(content === undefined
        ? {}
        : {
            "content-type": contentType ?? "application/json",
            "content-length": String(Buffer.byteLength(content)),
          }),
      ...(this.#connection.token ? { authorization: `Bearer ${this.#connection.token}` } : {}),
    };
    const transport = url.protocol === "https:" ? https : http;
    return new Promise((resolve, reject) => {
      const options = {
        method,
        headers,
        agent: this.#agent,
        signal: this.#signal,
        timeout: requestTimeout * 1000,
      };
      const outgoing = transport.request(url, options, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () =>
          resolve({
            status: incoming.statusCode ?? 0,
            retryAfter: incoming.headers["retry-after"],
            body: Buffer.concat(chunks).toString(),
          }),
        );
      });
      outgoing.on("timeout", () =>
        outgoing.destroy(new Error(`${method} ${url.href}: no response within ${requestTimeout} s`)),
      );
      let connected = false;
      outgoing.on("socket", (socket) => {
        // A kept-alive socket says it once only: listeners would pile up.
        if (established.has(socket)) return;
        socket.once(url.protocol === "https:" ? "secureConnect" : "connect", () => {
          connected = true;
          established.add(socket);
        });
      });
      outgoing.on("error", (error) => {
        const { code } = error as NodeJS.ErrnoException;
        const unsent = outgoing.reusedSocket || !connected;
        const message = `${method} "${url.href}": ${error.message}`;
        reject(Object.assign(new Error(message, { cause: error }), { code, unsent }));
      });
      outgoing.end(content);
    });
  }
}

/**
 * Whether a request without a response can be sent again: a read always, any other one only where the server cannot have
 * acted on it. That is so if it closed a kept-alive connection just as that was reused, or ended the TLS handshake.
 */
const mayRepeat = ({ method }: Request, error: Error & { code?: string; unsent?: boolean }): boolean =>
  error.code === "ECONNRESET" && (method === "GET" || error.unsent === true);

function decode(body: string): PlainObject {
  const value = JSON.parse(body) as Plain;
  if (!isObject(value)) throw new Error(`the API server's response is not an object: ${body}`);
  return value as PlainObject;
}

function refusal(reply: Reply): StatusError {
  let status: PlainObject;
  try {
    status = decode(reply.body);
  } catch {
    // Proxies and starting servers respond in plain text.
    status = { message: reply.body.trim() || `HTTP status ${reply.status}` };
  }
  const details = status.details;
  return new StatusError(
    number(status, "code") ?? reply.status,
    text(status, "reason"),
    text(status, "message") || `HTTP status ${reply.status}`,
    isObject(details ?? null) ? (details as PlainObject) : {},
  );
}

const isStatus = (error: unknown, code: number, reason?: string): error is StatusError =>
  error instanceof StatusError && error.code === code && (reason === undefined || error.reason === reason);
/** Whether the API server has no such object, or no such kind. */
export const isNotFound = (error: unknown): error is StatusError => isStatus(error, 404);
/** Whether an object of that name is there. */
export const isAlreadyExists = (error: unknown): error is StatusError =>
  isStatus(error, 409, "AlreadyExists");
/** Whether another manager owns a field, or the object changed meanwhile. */
export const isConflict = (error: unknown): error is StatusError => isStatus(error, 409, "Conflict");
/** Whether the user may not do this, or a quota is used up. */
export const isForbidden = (error: unknown): error is StatusError => isStatus(error, 403);
/** Whether the object has a value that the API server refuses. */
export const isInvalid = (error: unknown): error is StatusError => isStatus(error, 422);
/** The object's namespace does not exist (yet). */
export const isNamespaceMissing = (error: unknown): boolean =>
  isNotFound(error) && text(error.details, "kind") === "namespaces";
