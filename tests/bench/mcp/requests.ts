import type { Era } from "../../../mcp/check/probe.ts";

export interface Endpoint {
  /** What the `Host` header says. */
  host: string;
  path: string;
  token?: string | undefined;
  /** What a client of the older revision was given for its session. */
  session?: string | undefined;
  /** Of the request, where several are under way in one session. */
  id?: number;
}

const modern = "2026-07-28";
const meta = {
  "io.modelcontextprotocol/protocolVersion": modern,
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "bench", version: "0.1.0" },
};

/** A call of a tool without arguments, or with these: a whole HTTP request, as a client of the revision sends it. */
export const callOf = (endpoint: Endpoint, era: Era, tool: string, input: object = {}): string =>
  request(endpoint, era, "tools/call", { name: tool, arguments: input }, [`mcp-name: ${tool}`]);

/** The question for all tools. */
export const listOf = (endpoint: Endpoint, era: Era): string => request(endpoint, era, "tools/list", {}, []);

function request(
  { host, path, token, session, id = 1 }: Endpoint,
  era: Era,
  method: string,
  params: object,
  named: string[],
): string {
  const own = era === modern ? { _meta: meta } : {};
  const body = JSON.stringify({ jsonrpc: "2.0", id, method, params: { ...params, ...own } });
  return [
    `POST ${path} HTTP/1.1`,
    `host: ${host}`,
    "content-type: application/json",
    "accept: application/json, text/event-stream",
    `mcp-protocol-version: ${era}`,
    ...(era === modern ? [`mcp-method: ${method}`, ...named] : []),
    ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
    ...(session === undefined ? [] : [`mcp-session-id: ${session}`]),
    `content-length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");
}
