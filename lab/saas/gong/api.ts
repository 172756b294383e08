import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { GongCall } from "./content.ts";
import { type Faults, type Refuse, suffer } from "./faults.ts";
import type { Counter } from "./limits.ts";
import type { Filter, Page, Source } from "./source.ts";

export interface Credentials {
  accessKey: string;
  accessKeySecret: string;
}

export interface ApiOptions {
  source: Source;
  credentials(): Credentials;
  pageSize: number;
  /** Default: no limits. */
  limits?: Counter | undefined;
  faults?: Faults;
  /** Told of every request. */
  onAsked?(method: string, path: string, status: number): void;
}

/** A request with its whole body. */
export interface Asked {
  method: string;
  url: URL;
  headers: IncomingMessage["headers"];
  body: string;
}

interface Body {
  filter?: Filter;
  cursor?: string | null;
  contentSelector?: { context?: string; exposedFields?: { parties?: boolean; content?: object } };
}

/** Gong's API v2 at its protocol's edge: keys, limits, cursors that hold for one filter only, 404 for nothing. */
export function gongApi(options: ApiOptions): (asked: Asked, response: ServerResponse) => void {
  return ({ method, url, headers, body }, response) => {
    const reply = (status: number, answer: object, more: Record<string, string> = {}) => {
      options.onAsked?.(method, url.pathname, status);
      const text = JSON.stringify({ requestId: "lab", ...answer });
      response.writeHead(status, { "content-type": "application/json", ...more }).end(text);
    };
    const refuse: Refuse = (status, errors, more) => reply(status, { errors }, more);

    const { cursor: at, ...query } = Object.fromEntries(url.searchParams) as Filter & { cursor?: string };
    let posted: Body;
    try {
      posted = body === "" ? {} : JSON.parse(body);
    } catch {
      return refuse(400, ["body: not JSON"]);
    }
    const fault = options.faults?.next(url.pathname, Boolean(at ?? posted.cursor));
    if (fault && suffer(fault, response, refuse)) {
      if (fault.kind === "drop" || fault.kind === "hang") options.onAsked?.(method, url.pathname, 0);
      return;
    }
    const { accessKey, accessKeySecret } = options.credentials();
    const expected = Buffer.from(`${accessKey}:${accessKeySecret}`).toString("base64");
    if (headers.authorization !== `Basic ${expected}`) {
      return refuse(401, ["Invalid authorization credentials"]);
    }
    const wait = options.limits?.take();
    if (wait !== undefined) {
      return refuse(429, ["API rate limit exceeded"], { "retry-after": String(wait) });
    }
    const paged = <T>(
      field: string,
      noun: string,
      filter: object,
      cursor: string | null | undefined,
      page: (from: number) => Page<T>,
      show: (item: T) => unknown = (item) => item,
    ) => {
      const from = cursor && fault?.kind !== "cursor" ? positionOf(cursor, filter) : cursor ? undefined : 0;
      if (from === undefined) return refuse(400, ["cursor: expired, or of another filter"]);
      const { items, total, next } = page(from);
      if (items.length === 0) return refuse(404, [`No ${noun} found corresponding to the provided filters`]);
      const records = {
        totalRecords: total,
        currentPageSize: items.length,
        currentPageNumber: 0,
        ...(next !== undefined && { cursor: cursorFor(next, filter) }),
      };
      return reply(200, { records, [field]: items.map(show) });
    };

    const { pageSize, source } = options;
    const { filter = {}, cursor, contentSelector } = posted;
    switch (`${method} ${url.pathname}`) {
      case "GET /v2/calls":
        return paged("calls", "calls", query, at, (from) => source.calls(query, from, pageSize), meta);
      case "POST /v2/calls/extensive":
        return paged(
          "calls",
          "calls",
          filter,
          cursor,
          (from) => source.calls(filter, from, pageSize),
          (call) => extensive(call, contentSelector),
        );
      case "POST /v2/calls/transcript":
        return paged("callTranscripts", "callTranscripts", filter, cursor, (from) =>
          source.transcripts(filter, from, pageSize),
        );
      case "GET /v2/users":
        return paged("users", "users", {}, at, (from) => source.users(from, pageSize));
      default:
        return refuse(404, ["Not Found"]);
    }
  };
}

const meta = ({ metaData }: GongCall) => metaData;

/** What was asked for, and no more. */
function extensive({ transcript: _, ...call }: GongCall, selector: Body["contentSelector"] = {}): object {
  const { context, exposedFields = {} } = selector;
  return {
    ...call,
    context: context === undefined || context === "None" ? undefined : call.context,
    parties: exposedFields.parties ? call.parties : undefined,
    content: exposedFields.content ? call.content : undefined,
  };
}

const digest = (filter: object) =>
  createHash("sha256")
    .update(JSON.stringify(Object.entries(filter).sort()))
    .digest("base64url")
    .slice(0, 16);

const cursorFor = (next: number, filter: object) =>
  Buffer.from(`${next}/${digest(filter)}`).toString("base64url");

function positionOf(cursor: string, filter: object): number | undefined {
  const [position, of] = Buffer.from(cursor, "base64url").toString().split("/");
  return of === digest(filter) ? Number(position) : undefined;
}
