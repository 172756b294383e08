import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiError, InvalidParameters, NotFound } from "../backend/errors.ts";
import { isKey, keyIn } from "../wire/auth.ts";
import { readJson } from "../wire/body.ts";
import { type Command, type ControlContext, commands } from "./commands.ts";

export const controlPath = "/_lab";

/** Who may command: this machine itself, and from elsewhere (the lab's own hosts) whoever has an API key. */
export function mayControl(request: IncomingMessage, keys: readonly string[]): boolean {
  const plain = (address: string | undefined) => (address ?? "").replace(/^::ffff:/, "");
  const from = plain(request.socket.remoteAddress);
  if (from === "::1" || from.startsWith("127.")) return true;
  if (from !== "" && from === plain(request.socket.localAddress)) return true;
  const key = keyIn(request.headers.authorization);
  return key !== undefined && isKey(key, keys);
}

/** Answers a request under `/_lab`: plain JSON, `{error}` with 4xx when refused. */
export async function serveControl(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  context: ControlContext,
  keys: readonly string[],
): Promise<void> {
  const answer = (status: number, body: object) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  const body = await readJson(request);
  try {
    if (!mayControl(request, keys))
      return answer(403, { error: "control is for this machine or with an API key" });
    if (!body.ok) throw new InvalidParameters(body.reason);
    const path = url.pathname.slice(controlPath.length);
    for (const command of commands) {
      const id = command.method === request.method ? idIn(command, path) : undefined;
      if (id === undefined) continue;
      return answer(200, await command.run(context, { id, query: url.searchParams, body: body.value ?? {} }));
    }
    throw new NotFound();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    answer(error.status, { error: error.message });
  }
}

function idIn(command: Command, path: string): string | undefined {
  const prefix = command.path.replace("{id}", "");
  if (prefix === command.path) return path === prefix ? "" : undefined;
  return path.startsWith(prefix) && path.length > prefix.length ? path.slice(prefix.length) : undefined;
}
