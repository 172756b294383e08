import type { IncomingMessage, ServerResponse } from "node:http";
import { messageOf } from "../../../components/core/errors.ts";
import { bodyOf, reply } from "./http.ts";

export type Commands<Body = Record<string, unknown>> = Record<string, (body: Body) => unknown>;

/**
 * Answers `/_lab/<name>/<command>` where the path is one, with what the command returns. What a command refuses is a
 * 400 that says why.
 *
 * @param parse what a command is given, from the request's body
 */
export async function control<Body>(
  name: string,
  commands: Commands<Body>,
  parse: (text: string) => Body,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const path = new URL(request.url ?? "/", "http://lab").pathname;
  const start = path.indexOf(`/_lab/${name}/`);
  if (start < 0) return false;
  const command = path.slice(start + `/_lab/${name}/`.length);
  const run = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (!run) {
    reply(response, 404, {
      error: `${name} has no command ${command}; it has ${Object.keys(commands).join(", ")}`,
    });
    return true;
  }
  try {
    reply(response, 200, run(parse(await bodyOf(request))) ?? {});
  } catch (error) {
    reply(response, 400, { error: messageOf(error) });
  }
  return true;
}
