import type { IncomingMessage, ServerResponse } from "node:http";
import { control } from "../kit/control.ts";
import { bodyOf } from "../kit/http.ts";
import { type Asked, type Credentials, gongApi } from "./api.ts";
import { commands } from "./control.ts";
import { Faults } from "./faults.ts";
import { Journal } from "./journal.ts";
import { Counter, gongLimits, type Limits } from "./limits.ts";
import { type SeedOptions, Workspace } from "./workspace.ts";

export interface GongOptions extends SeedOptions {
  /** Read at each request, so that a key can be changed. */
  credentials(): Credentials;
  /** Path under which it is mounted. Default `/gong`; its control is at `/_lab/gong`. */
  prefix?: string;
  /** Default: Gong's own; `false`: none. */
  limits?: Limits | false;
  /** Records of a page. Default 100. */
  pageSize?: number;
  now?: () => number;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** An emulated Gong account, and the way to it by HTTP. */
export interface Gong {
  workspace: Workspace;
  faults: Faults;
  journal: Journal;
  handler: Handler;
}

/** Makes an emulated account. Nothing listens yet: its handler is given to a server. */
export function openGong(options: GongOptions): Gong {
  const {
    credentials,
    prefix = "/gong",
    limits = gongLimits,
    pageSize = 100,
    now = Date.now,
    ...seed
  } = options;
  const workspace = new Workspace(now, seed);
  const faults = new Faults();
  const journal = new Journal(now);
  const api = gongApi({
    source: workspace,
    credentials,
    pageSize,
    faults,
    limits: limits === false ? undefined : new Counter(limits, now),
    onAsked: (method, path, status) => journal.note(method, path, status),
  });
  const orders = commands({ workspace, faults, journal });
  // Some commands take a list.
  const parse = (text: string): unknown => (text === "" ? {} : JSON.parse(text));
  const handler: Handler = async (request, response) => {
    if (await control("gong", orders, parse, request, response)) return;
    const asked = await whole(request);
    const { pathname } = asked.url;
    if (prefix !== "" && pathname.startsWith(`${prefix}/`))
      asked.url.pathname = pathname.slice(prefix.length);
    api(asked, response);
  };
  return { workspace, faults, journal, handler };
}

async function whole(request: IncomingMessage): Promise<Asked> {
  return {
    method: request.method ?? "",
    url: new URL(request.url ?? "/", "http://gong"),
    headers: request.headers,
    body: await bodyOf(request),
  };
}
