import type { IncomingMessage, ServerResponse } from "node:http";
import { control } from "../kit/control.ts";
import { bodyOf, type Handler, parseBody, reply } from "../kit/http.ts";
import { commands } from "./commands.ts";
import { type Fields, microsOf } from "./store.ts";
import { Slack, type SlackOptions } from "./workspace.ts";

/** Slack's web API as far as source-slack and the MCP server `slack` read it, at any prefix, and `/_lab/slack/…`. */
export function slackHandler(options: SlackOptions | Slack): Handler {
  const workspace = options instanceof Slack ? options : new Slack(options);
  const orders = commands(workspace);
  return async (request, response) => {
    if (await control("slack", orders, parseBody, request, response)) return;
    await answer(workspace, request, response);
  };
}

async function answer(workspace: Slack, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://slack");
  const method = url.pathname.split("/").at(-1) ?? "";
  workspace.journal.push(method);
  if (workspace.journal.length > 2000) workspace.journal.splice(0, 1000);
  const form = parseBody(await bodyOf(request), request.headers["content-type"]);
  const fault = workspace.faults.take(method);
  if (fault?.kind === "down") return void request.socket.destroy();
  if (fault?.kind === "serverError") return void response.writeHead(500).end("internal error");
  if (fault?.kind === "rateLimited") return tooMany(response, fault.retryAfter);
  if (fault?.kind === "tokenExpired") return reply(response, 200, { ok: false, error: "token_expired" });
  const wait = workspace.limits[method]?.take() ?? 0;
  if (wait > 0) return tooMany(response, wait);
  const token = request.headers.authorization?.replace(/^Bearer /, "") ?? form.token;
  if (token === undefined) return reply(response, 200, { ok: false, error: "not_authed" });
  if (token !== workspace.token) return reply(response, 200, { ok: false, error: "invalid_auth" });
  const given = (name: string): string | undefined => {
    const value = url.searchParams.get(name) ?? form[name];
    return value === undefined || value === null || value === "" ? undefined : String(value);
  };
  reply(response, 200, call(workspace, method, given));
}

const tooMany = (response: ServerResponse, seconds: number): void =>
  reply(response, 429, { ok: false, error: "ratelimited" }, { "retry-after": String(Math.ceil(seconds)) });

/** Whose token it is. */
const bot = {
  url: "https://lab.slack.com/",
  team: "lab",
  team_id: "T010000000",
  user: "sophia",
  user_id: "U0BOT",
  bot_id: "B0BOT",
};

type Given = (name: string) => string | undefined;
const refused = (error: string) => ({ ok: false, error });

function call(workspace: Slack, method: string, given: Given): object {
  if (method === "auth.test") return { ok: true, ...bot };
  if (method === "users.list")
    return { ok: true, members: workspace.store.members(), response_metadata: { next_cursor: "" } };
  if (method === "conversations.list") return list(workspace, given);
  if (method === "conversations.history") return history(workspace, given);
  return refused("unknown_method");
}

/** A page's size; Slack takes up to 999. */
function limitOf(given: Given): number | undefined {
  const limit = Number(given("limit") ?? 100);
  return Number.isInteger(limit) && limit >= 1 && limit <= 999 ? limit : undefined;
}

function list({ store }: Slack, given: Given): object {
  const limit = limitOf(given);
  if (limit === undefined) return refused("invalid_limit");
  const start = Number(given("cursor") ?? 0);
  if (!Number.isInteger(start)) return refused("invalid_cursor");
  const hide = given("exclude_archived") === "true";
  const shown = store.channels.filter(({ fields }) => !(hide && fields.is_archived));
  const next = start + limit < shown.length ? String(start + limit) : "";
  return {
    ok: true,
    channels: shown.slice(start, start + limit).map(({ fields }) => fields),
    response_metadata: { next_cursor: next },
  };
}

function history(workspace: Slack, given: Given): object {
  const { store } = workspace;
  const channel = store.channel(given("channel") ?? "");
  if (!channel) return refused("channel_not_found");
  const limit = limitOf(given);
  if (limit === undefined) return refused("invalid_limit");
  const inclusive = given("inclusive") === "true" ? 0 : 1;
  const after = microsOf(given("oldest") ?? "0") - 1 + inclusive;
  const latest =
    given("latest") === undefined ? Number.MAX_SAFE_INTEGER : microsOf(given("latest") ?? "") - inclusive;
  const cursor = given("cursor");
  const until = cursor === undefined ? latest : Math.min(latest, Number(cursor));
  if (Number.isNaN(until)) return refused("invalid_cursor");
  const messages: Fields[] = [];
  for (const { micros, message } of store.newestFirst(channel, after, until)) {
    if (messages.length === limit) {
      return { ok: true, messages, has_more: true, response_metadata: { next_cursor: String(micros) } };
    }
    const { poisoned, schema } = workspace;
    const spoilt = poisoned?.channel === channel.id && poisoned.ts === message.ts;
    const shown: Fields = { ...message, ...schema.add, ...(spoilt && poisoned.fields) };
    for (const name of schema.remove) delete shown[name];
    messages.push(shown);
  }
  return { ok: true, messages, has_more: false, response_metadata: { next_cursor: "" } };
}
