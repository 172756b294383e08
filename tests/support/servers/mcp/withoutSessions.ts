/** A program that speaks the 2026-07-28 revision only: it knows no `initialize`. `POST /hang` blocks its process. */
import { createServer } from "node:http";

const [, , , port] = process.argv;
const revision = "2026-07-28";

interface Message {
  id?: number | string;
  method?: string;
}

const serverInfo = { name: "without-sessions", version: "0.1.0" };
const complete = { resultType: "complete", ttlMs: 0, cacheScope: "private" };
const results: Record<string, object> = {
  "server/discover": {
    supportedVersions: [revision],
    capabilities: { tools: {} },
    serverInfo,
    ...complete,
    _meta: { "io.modelcontextprotocol/serverInfo": serverInfo },
  },
  "tools/list": { tools: [{ name: "ping", inputSchema: { type: "object" } }], ...complete },
};

createServer(async (request, response) => {
  if (request.url === "/hang") {
    // Once the response is sent, as nothing is sent after that.
    response.once("finish", () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
    request.resume();
    response.end();
    return;
  }
  let body = "";
  for await (const chunk of request) body += chunk;
  const { id, method = "" } = JSON.parse(body || "{}") as Message;
  const result = request.headers["mcp-protocol-version"] === revision ? results[method] : undefined;
  const answer = result ? { result } : { error: { code: -32601, message: `no ${method}` } };
  response
    .writeHead(result ? 200 : 404, { "content-type": "application/json" })
    .end(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
}).listen(Number(port), "127.0.0.1");
