import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { type Fault, Faults, fault } from "../../../cloud/wire/faults.ts";
import { control as commands } from "../../kit/control.ts";
import { bodyOf, parseBody } from "../../kit/http.ts";
import { ControlPlane, type ControlPlaneOptions } from "./controlPlane.ts";
import { GraphQlApi } from "./graphql.ts";
import { type Answer, type Asked, agent, encryption, Keys, postgrest } from "./rest.ts";
import { jobType } from "./state.ts";

/** `before`: nothing happened yet; `handled`: it happened, the answer is not sent; `replied`: the answer is out. */
type Phase = "before" | "handled" | "replied";

export interface EstuaryOptions extends ControlPlaneOptions {
  /** Keys of the service account, `flow_sa_…`. Read at each request. */
  apiKeys(): readonly string[];
  /** Path under which it is mounted. Default `/estuary`; its control is at `/_lab/estuary`. */
  prefix?: string;
  /** Publications can be started by GraphQL. False: by PostgREST only, as until 2026. Default true. */
  createPublication?: boolean;
  /** Called, and awaited, at each phase of each request: the place to kill a client, or to make it wait. */
  onRequest?: (phase: Phase, operation: string) => void | Promise<void>;
}

/** An emulated control plane, and the way to it by HTTP. */
export interface Estuary {
  control: ControlPlane;
  faults: Faults;
  /** Operations asked for, in order: a GraphQL operation's name, or method and path. */
  journal: string[];
  handler: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Stops its timers. Live tasks keep running. */
  close(): void;
}

const journalLength = 1000;
const planned = z.strictObject({
  type: jobType.exclude(["queued", "success"]),
  next: z.number().int().positive().default(1),
  detail: z.string().default("on command"),
});

/** Starts an emulated Estuary. Nothing listens yet: its handler is given to a server. */
export function openEstuary(options: EstuaryOptions): Estuary {
  const { prefix = "/estuary", onRequest } = options;
  const control = new ControlPlane(options);
  const keys = new Keys(() => options.apiKeys(), control);
  const api = new GraphQlApi(control, options.createPublication);
  const faults = new Faults();
  const journal: string[] = [];
  let timer: NodeJS.Timeout | undefined;

  /** Publications also complete without requests. */
  const wake = () => {
    clearTimeout(timer);
    const due = control.nextDue();
    if (due === undefined) return;
    timer = setTimeout(() => void control.settle().then(wake), Math.max(due, 10));
    timer.unref();
  };

  const answer = async (asked: Asked, path: string): Promise<Answer> => {
    await control.settle();
    if (path.startsWith("/encryption/")) return encryption(control, asked, path.slice("/encryption".length));
    if (path.startsWith("/rest/v1/")) return postgrest(control, keys, asked, path.slice("/rest/v1".length));
    const open = path === "/api/v1/auth/token";
    if (!open && !keys.accepts(asked.headers.authorization))
      return { status: 401, body: { error: "invalid, expired, or unknown credential" } };
    if (path === "/api/graphql" && asked.method === "POST") {
      const { query, operationName, variables } = asked.body;
      const given = {
        query: String(query),
        operationName: typeof operationName === "string" ? operationName : undefined,
        variables: variables as Record<string, unknown> | undefined,
      };
      return { status: 200, body: await api.answer(given) };
    }
    return agent(control, keys, asked, path) ?? { status: 404, body: { error: "not found" } };
  };

  const handler = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (await commands("estuary", controlCommands(control, faults, journal), parseBody, request, response))
      return;
    const url = new URL(request.url ?? "/", "http://estuary");
    const path = url.pathname.startsWith(prefix) ? url.pathname.slice(prefix.length) : url.pathname;
    let body: Record<string, unknown>;
    try {
      body = parseBody(await bodyOf(request));
    } catch (error) {
      return send(response, {
        status: 400,
        body: { error: error instanceof Error ? error.message : "bad body" },
      });
    }
    const asked: Asked = { method: request.method ?? "GET", url, headers: request.headers, body };
    const operation = typeof body.operationName === "string" ? body.operationName : `${asked.method} ${path}`;
    journal.push(operation);
    journal.splice(0, journal.length - journalLength);

    await onRequest?.("before", operation);
    const trouble = faults.take(operation);
    if (trouble?.when === "before" && (await afflict(trouble, request, response))) return;
    const reply = await answer(asked, path);
    wake();
    await onRequest?.("handled", operation);
    if (trouble?.when === "after" && (await afflict(trouble, request, response))) return;
    send(response, reply);
    await onRequest?.("replied", operation);
  };
  wake();
  return { control, faults, journal, handler, close: () => clearTimeout(timer) };
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const text = typeof body === "string";
  response
    .writeHead(status, {
      "content-type": text ? "text/plain; version=1.0.0; charset=utf-8" : "application/json",
    })
    .end(text ? body : JSON.stringify(body));
}

/** @returns whether the fault was the whole answer */
async function afflict(
  { effect }: Fault,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  if (effect.kind === "drop") {
    request.socket.destroy();
    return true;
  }
  if (effect.kind === "delay") {
    await sleep(effect.milliseconds);
    return false;
  }
  send(response, {
    status: effect.status,
    body: effect.text ?? { error: effect.message ?? "fault on command" },
  });
  return true;
}

/** Commands of the lab, under `/_lab/estuary/`. */
function controlCommands(control: ControlPlane, faults: Faults, journal: string[]) {
  return {
    /** Forgets everything that is live; what runs is stopped. */
    reset: () => {
      faults.clear();
      journal.length = 0;
      control.store.reset();
      control.plane.apply(control.specs());
    },
    fault: (body: Record<string, unknown>) => faults.add(fault.parse(body)),
    clearFaults: () => faults.clear(),
    /** How the next publications end. */
    plan: (body: Record<string, unknown>) => control.plan(planned.parse(body)),
    journal: () => ({ operations: journal }),
    live: () => ({
      specs: Object.fromEntries(
        Object.entries(control.store.state.live).map(([name, { type, lastPubId }]) => [
          name,
          { type, lastPubId },
        ]),
      ),
      drafts: Object.keys(control.store.state.drafts).length,
    }),
    status: () => ({
      tasks: Object.fromEntries(
        Object.entries(control.store.state.live)
          .filter(([, { type }]) => type !== "collection")
          .map(([name]) => [name, control.plane.status(name)]),
      ),
    }),
  };
}
