import type { IncomingMessage, ServerResponse } from "node:http";
import { control } from "../kit/control.ts";
import type { Fault } from "../kit/faults.ts";
import { bodyOf, type Handler, parseBody, reply } from "../kit/http.ts";
import { HubSpot, type HubSpotOptions } from "./account.ts";
import { commands } from "./commands.ts";
import { isObjectType, Refused, search } from "./search.ts";
import { render, type Store } from "./store.ts";

const failure = (category: string, message: string) => ({ status: "error", category, message });

/** HubSpot's API as far as source-hubspot-native reads it, at any prefix, and `/_lab/hubspot/…`. */
export function hubspotHandler(options: HubSpotOptions | HubSpot): Handler {
  const account = options instanceof HubSpot ? options : new HubSpot(options);
  const orders = commands(account);
  return async (request, response) => {
    if (await control("hubspot", orders, parseBody, request, response)) return;
    await answer(account, request, response);
  };
}

async function answer(account: HubSpot, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://hubspot");
  const path = url.pathname.replace(/^\/hubspot(?=\/)/, "");
  const entry = `${request.method} ${path}`;
  account.journal.push(entry);
  if (account.journal.length > 2000) account.journal.splice(0, 1000);
  const text = await bodyOf(request);
  const hit = account.faults.take(path);
  if (hit && failing(hit, request, response)) return;
  const wait = account.limit?.take() ?? 0;
  if (wait > 0) return tooMany(response, wait);
  if (entry === "POST /oauth/v1/token") {
    const granted = account.auth.token(parseBody(text, request.headers["content-type"]));
    if ("refused" in granted) return reply(response, 400, failure(granted.refused, "the token was refused"));
    return reply(response, 200, { token_type: "bearer", ...granted });
  }
  if (!account.auth.knows(request.headers.authorization)) return expired(response);
  try {
    const body = request.method === "POST" ? parseBody(text) : {};
    const answered = resource(account, request.method ?? "", path, url.searchParams, body);
    if (answered) return reply(response, 200, answered);
    reply(response, 404, failure("OBJECT_NOT_FOUND", `the emulator has no ${entry}`));
  } catch (error) {
    if (!(error instanceof Refused) && !(error instanceof SyntaxError)) throw error;
    reply(response, 400, failure("VALIDATION_ERROR", error.message));
  }
}

function failing(fault: Fault, request: IncomingMessage, response: ServerResponse): boolean {
  if (fault.kind === "down") request.socket.destroy();
  else if (fault.kind === "rateLimited") tooMany(response, fault.retryAfter);
  else if (fault.kind === "tokenExpired") expired(response);
  else reply(response, 500, failure("INTERNAL_ERROR", "internal error"));
  return true;
}
const expired = (response: ServerResponse): void =>
  reply(response, 401, failure("EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired"));
const tooMany = (response: ServerResponse, seconds: number): void =>
  reply(
    response,
    429,
    {
      ...failure("RATE_LIMITS", "You have reached your ten_secondly_rolling limit."),
      policyName: "TEN_SECONDLY_ROLLING",
    },
    { "retry-after": String(Math.ceil(seconds)) },
  );

function resource(
  { store }: HubSpot,
  method: string,
  path: string,
  parameters: URLSearchParams,
  body: Record<string, unknown>,
): object | undefined {
  const [, area, version, kind, type, action, more] = path.split("/");
  if (area !== "crm") return undefined;
  if (kind === "associations" && version === "v4" && isObjectType(type)) {
    return more === "batch" && method === "POST" ? associations(store, type, action, body) : undefined;
  }
  if (version !== "v3" || !isObjectType(type)) return undefined;
  const asked = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
  if (kind === "properties" && method === "GET") {
    return { results: store.properties[type].map((property) => ({ calculated: false, ...property })) };
  }
  if (kind !== "objects") return undefined;
  if (method === "GET" && action === undefined) return list(store, type, parameters);
  if (method !== "POST") return undefined;
  if (action === "search") {
    const found = search(store, type, body);
    const results = found.records.map((record) => render(store, type, record, found.properties));
    const paging = found.after === undefined ? {} : { paging: { next: { after: String(found.after) } } };
    return { total: found.total, results, ...paging };
  }
  if (action === "batch" && more === "read") {
    const ids = idsOf(body);
    const records = ids.map((id) => store.objects[type].get(id)).filter((record) => record !== undefined);
    const alive = records.filter((record) => record.archivedAt === undefined);
    return {
      status: "COMPLETE",
      results: alive.map((one) => render(store, type, one, asked(body.properties))),
    };
  }
  return undefined;
}

function idsOf(body: Record<string, unknown>): number[] {
  const inputs = Array.isArray(body.inputs) ? body.inputs : [];
  if (inputs.length === 0 || inputs.length > 100) throw new Refused("inputs must have 1 to 100 entries");
  return inputs.map((input) => Number((input as { id?: unknown }).id));
}

const to: Record<string, string> = { contacts: "companies", deals: "contacts" };

function associations(
  store: Store,
  type: "contacts" | "deals",
  other: string | undefined,
  body: Record<string, unknown>,
) {
  const records = idsOf(body).flatMap((id) => store.objects[type].get(id) ?? []);
  const named = to[type] === other ? records : [];
  return {
    status: "COMPLETE",
    results: named.map((record) => ({
      from: { id: String(record.id) },
      to: record.associated.map((id) => ({ toObjectId: id, associationTypes: [] })),
    })),
  };
}

function list(store: Store, type: "contacts" | "deals", parameters: URLSearchParams): object {
  const limit = Number(parameters.get("limit") ?? 10);
  if (!(limit >= 1 && limit <= 100)) throw new Refused("limit must be 1 to 100");
  const after = Number(parameters.get("after") ?? 0);
  const objects = store.objects[type];
  const archived = parameters.get("archived") === "true";
  const page = archived
    ? objects.archived.filter((record) => record.id > after).slice(0, limit)
    : objects.page(after, limit);
  const asked = parameters.get("properties")?.split(",") ?? [];
  const named = to[type];
  const wanted =
    !archived && named !== undefined && (parameters.get("associations")?.split(",").includes(named) ?? false);
  const results = page.map((record) => ({
    ...render(store, type, record, asked),
    ...(wanted
      ? { associations: { [named]: { results: record.associated.map((id) => ({ id: String(id) })) } } }
      : {}),
  }));
  const last = page.length === limit ? page.at(-1) : undefined;
  return { results, ...(last ? { paging: { next: { after: String(last.id) } } } : {}) };
}
