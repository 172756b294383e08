import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import { createGunzip } from "node:zlib";
import { messageOf } from "../../../../components/core/errors.ts";
import { SnowflakeFault } from "../fault.ts";
import { changedFaults, type Faults, noFaults } from "../faults.ts";
import type { Service } from "../service.ts";
import { driverFault, Sessions } from "./driver.ts";
import { faultReply, type Reply, sqlApi } from "./sqlApi.ts";

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface HandlerOptions {
  service: Service;
  /** Folder of the rows that are on their way in. */
  incoming: string;
  /** What comes before every path. Default: nothing. */
  prefix?: string;
  /** Path of the control. */
  control: string;
  /** Ends the engine as a crash would. */
  crash: () => Promise<void>;
}

const body = async (request: IncomingMessage): Promise<Record<string, unknown>> => {
  const zipped = request.headers["content-encoding"] === "gzip";
  const said = await text(zipped ? request.pipe(createGunzip()) : request);
  return said === "" ? {} : (JSON.parse(said) as Record<string, unknown>);
};

const bearer = (request: IncomingMessage) => request.headers.authorization?.replace(/^Bearer /, "") ?? "";

const overloaded = () =>
  new SnowflakeFault("000629", "Warehouse 'lab' was overloaded: a fault on command.", "57014");

/** Snowflake's wire: the SQL API, what drivers speak, bulk loads, and the lab's control. */
export class Wire {
  readonly #options: HandlerOptions;
  readonly #sessions: Sessions;
  #faults: Faults = noFaults;
  readonly #journal: { at: string; path: string; what: string; status: number }[] = [];

  constructor(options: HandlerOptions) {
    this.#options = options;
    this.#sessions = new Sessions(options.service);
  }

  readonly handle: Handler = async (request, response) => {
    const { prefix = "", control } = this.#options;
    const url = new URL(request.url ?? "/", "http://lab.invalid");
    if (url.pathname.startsWith(`${control}/`)) {
      send(response, await this.#control(url.pathname.slice(control.length), request));
      return;
    }
    const path = url.pathname.startsWith(prefix) ? url.pathname.slice(prefix.length) : url.pathname;
    if (this.#faults.delay > 0) await pause(this.#faults.delay);
    if (this.#faults.down === "cut") {
      response.destroy();
      return;
    }
    if (this.#faults.down === "refuse") {
      request.resume();
      send(response, { status: 503, body: { code: "390000", message: "Service Unavailable" } });
      return;
    }
    send(response, await this.#serve(path, url.searchParams, request));
  };

  async #serve(path: string, query: URLSearchParams, request: IncomingMessage): Promise<Reply> {
    const api = path.startsWith("/api/");
    try {
      const reply = await this.#route(path, query, request);
      this.#note(path, "", reply.status);
      return reply;
    } catch (error) {
      request.resume();
      const reply = api ? faultReply(error) : driverFault(error);
      this.#note(path, messageOf(error), reply.status);
      return reply;
    }
  }

  async #route(path: string, query: URLSearchParams, request: IncomingMessage): Promise<Reply> {
    const route = `${request.method} ${path}`;
    const session = () => this.#sessions.contextOf(request.headers.authorization);
    switch (route) {
      case "POST /api/v2/statements":
        if (this.#unlucky()) throw overloaded();
        return sqlApi(this.#options.service, bearer(request), await body(request));
      case "POST /session/v1/login-request":
        return this.#sessions.login(await body(request), query);
      case "POST /queries/v1/query-request": {
        const context = session();
        if (this.#unlucky()) throw overloaded();
        return this.#sessions.query(context, await body(request));
      }
      case "POST /session":
        return query.get("delete") ? this.#sessions.logout(session()) : done(session());
      case "POST /session/heartbeat":
        return done(session());
      case "POST /telemetry/send":
        request.resume();
        return done(undefined);
      case "POST /lab/append": {
        const context = session();
        if (this.#unlucky()) throw overloaded();
        const file = await this.#receive(request);
        try {
          const columns = JSON.parse(query.get("columns") ?? "[]") as string[];
          const rows = await this.#options.service.append(context, query.get("table") ?? "", columns, file);
          return { status: 200, body: { data: { rows }, success: true } };
        } finally {
          await rm(file, { force: true });
        }
      }
    }
    request.resume();
    return { status: 404, body: { code: "390404", message: `the lab's Snowflake does not serve ${route}` } };
  }

  async #receive(request: IncomingMessage): Promise<string> {
    await mkdir(this.#options.incoming, { recursive: true });
    const file = join(this.#options.incoming, `${randomUUID()}.ndjson`);
    await pipeline(request, createWriteStream(file));
    return file;
  }

  #unlucky(): boolean {
    if (this.#faults.failStatements === 0) return false;
    this.#faults = { ...this.#faults, failStatements: this.#faults.failStatements - 1 };
    return true;
  }

  #note(path: string, what: string, status: number): void {
    this.#journal.push({ at: new Date().toISOString(), path, what, status });
    if (this.#journal.length > 1000) this.#journal.shift();
  }

  /** `GET journal`, `GET account`, `GET|POST faults`, `POST reset` (no faults, an empty journal), `POST crash`. */
  async #control(path: string, request: IncomingMessage): Promise<Reply> {
    const given = request.method === "POST" ? await body(request) : {};
    switch (`${request.method} ${path}`) {
      case "GET /journal":
        return { status: 200, body: this.#journal };
      case "GET /account":
        return { status: 200, body: this.#options.service.account };
      case "GET /faults":
        return { status: 200, body: this.#faults };
      case "POST /faults":
        try {
          this.#faults = changedFaults(this.#faults, given);
          return { status: 200, body: this.#faults };
        } catch (error) {
          return { status: 400, body: { message: String(error) } };
        }
      case "POST /reset":
        this.#faults = noFaults;
        this.#journal.length = 0;
        return { status: 200, body: this.#faults };
      case "POST /crash":
        await this.#options.crash();
        return { status: 200, body: {} };
    }
    return { status: 404, body: { message: `the control does not serve ${request.method} ${path}` } };
  }
}

const done = (_session: unknown): Reply => ({ status: 200, body: { data: null, success: true } });

function send(response: ServerResponse, { status, body: said }: Reply): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(said));
}
