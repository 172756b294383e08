import { request } from "node:https";
import { connect, type Era } from "../../mcp/check/probe.ts";
import { type McpAccess, mcpAccess } from "./reach.ts";

export const eras: Era[] = ["2025-11-25", "2026-07-28"];
export type Client = Awaited<ReturnType<typeof connect>>["client"];
/** Of the lab; read by `learnAccess` first. */
export let access: McpAccess;

export async function learnAccess(): Promise<void> {
  access = await mcpAccess();
}

/** Works with a client of the gateway, or of one server, and hangs up. */
export async function withClient<T>(
  era: Era,
  path: string,
  work: (client: Client) => Promise<T>,
  token = access.token,
): Promise<T> {
  const { ca, address } = access;
  const { client, close } = await connect({
    url: `https://sophia.lab${path}`,
    era,
    ca,
    address,
    token,
    timeout: 20,
  });
  try {
    return await work(client);
  } finally {
    await close();
  }
}

export async function call(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
): Promise<string> {
  const result = await client.callTool({ name, arguments: args });
  const text = (result.content as { text?: string }[])[0]?.text ?? "";
  if (result.isError) throw new Error(text);
  return text;
}

export const toolsOf = (path: string, era: Era = "2026-07-28") =>
  withClient(era, path, async (client) => (await client.listTools()).tools.map(({ name }) => name));

/** Lists at a time: that all come from the same one of two replicas happens once in 128 times. */
export const asked = 8;

/** Lists of tools by several connections at once, which the replicas of the gateway share. */
export const listsOfReplicas = (era?: Era) =>
  Promise.all(Array.from({ length: asked }, () => toolsOf("/mcp", era)));

/** Sends a body to the door, as it is; without one it only looks. */
export function knock(
  path: string,
  body?: string,
  token?: string,
): Promise<{ status: number; text: string }> {
  const { address, ca } = access;
  return new Promise((resolve, reject) => {
    const headers = {
      host: "sophia.lab",
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const asked = request({
      host: address,
      servername: "sophia.lab",
      path,
      method: body === undefined ? "GET" : "POST",
      ca,
      headers,
    });
    asked.setTimeout(30_000, () => asked.destroy(new Error("no answer within 30 s")));
    asked.on("error", reject);
    asked.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.end(body);
  });
}
