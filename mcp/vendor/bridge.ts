/**
 * Serves a program that speaks MCP over standard input and output, by mcp-proxy, and tells at `/alive` of a second port
 * whether that program answers: mcp-proxy's own `/ping` is well while its child hangs.
 *
 *   node bridge.ts <port of /alive> <arguments of mcp-proxy, --port among them>
 */
import { createServer } from "node:http";

/** Less than the kubelet waits. */
const patience = 9000;

const [alivePort, ...forBridge] = process.argv.splice(2);
const port = forBridge[forBridge.indexOf("--port") + 1];

/**
 * Asks the program for its tools, by way of the bridge, in the revision that needs no handshake.
 * @returns what stands in the way
 */
async function silence(): Promise<string | undefined> {
  const revision = "2026-07-28";
  const meta = {
    "io.modelcontextprotocol/protocolVersion": revision,
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/mcp`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": revision,
        "mcp-method": "tools/list",
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: { _meta: meta } }),
      signal: AbortSignal.timeout(patience),
    });
    const text = await answer.text();
    return answer.ok && text.includes('"result"') ? undefined : `${answer.status} ${text.slice(0, 300)}`;
  } catch (error) {
    return `no answer within ${patience} ms, or none at all: ${error}`;
  }
}

const server = createServer(async ({ url }, response) => {
  const reason = url === "/alive" ? await silence() : "not found; there is /alive";
  if (reason !== undefined && url === "/alive") console.error(`the program does not answer: ${reason}`);
  response
    .writeHead(reason === undefined ? 200 : url === "/alive" ? 503 : 404, {
      "content-type": "application/json",
    })
    .end(JSON.stringify(reason === undefined ? { status: "ok" } : { error: reason }));
});
server.listen(Number(alivePort), "0.0.0.0");
// The bridge ends when nothing is left that it waits for.
server.unref();

process.argv.push(...forBridge);
await import(new URL("bin/mcp-proxy.mjs", import.meta.resolve("mcp-proxy")).href);
