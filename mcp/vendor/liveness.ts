import { createServer } from "node:http";

/** Milliseconds that a program has to respond: less than the kubelet's timeout. */
export const patience = 9000;

/** Sends one message of the protocol to a program's endpoint. @throws when it does not respond in time */
export function post(url: string, headers: Record<string, string>, message: object): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, ...message }),
    signal: AbortSignal.timeout(patience),
  });
}

/** Lists the tools at a program's endpoint in the revision without a handshake. @throws when it does not respond in time */
export function listTools(url: string): Promise<Response> {
  const revision = "2026-07-28";
  const meta = {
    "io.modelcontextprotocol/protocolVersion": revision,
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const headers = { "mcp-protocol-version": revision, "mcp-method": "tools/list" };
  return post(url, headers, { method: "tools/list", params: { _meta: meta } });
}

/** What is wrong with a response; undefined if nothing is. */
export async function faultOf(answer: Response): Promise<string | undefined> {
  const text = await answer.text();
  return answer.ok && text.includes('"result"') ? undefined : `${answer.status} ${text.slice(0, 300)}`;
}

/**
 * Serves `/alive` for the kubelet's liveness probe. It does not keep the process running.
 *
 * @param check tests the program; returns what failed, if anything did
 */
export function serveAlive(port: number, check: () => Promise<string | undefined>): void {
  const server = createServer(async ({ url }, response) => {
    const known = url === "/alive";
    const reason = known
      ? await check().catch((error) => `no response within ${patience} ms, or no connection: ${error}`)
      : "not found; the one path is /alive";
    if (known && reason !== undefined) console.error(`the program does not respond: ${reason}`);
    response
      .writeHead(reason === undefined ? 200 : known ? 503 : 404, { "content-type": "application/json" })
      .end(JSON.stringify(reason === undefined ? { status: "ok" } : { error: reason }));
  });
  server.listen(port, "0.0.0.0");
  server.unref();
}
