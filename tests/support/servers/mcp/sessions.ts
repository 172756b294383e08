/**
 * A program that serves MCP with sessions and has no health path. `POST /refuse` makes it refuse sessions, `POST /hang`
 * blocks its process, `GET /sessions` tells how many are open.
 */
import { createServer } from "node:http";

const [, , , port] = process.argv;
const sessions = new Set<string>();
let refuses = false;

createServer((request, response) => {
  const { method, url, headers } = request;
  const reply = (status: number, body: object, more: Record<string, string> = {}) =>
    response.writeHead(status, { "content-type": "application/json", ...more }).end(JSON.stringify(body));
  request.resume();
  if (url === "/sessions") return reply(200, { open: sessions.size, arguments: process.argv.slice(2) });
  if (url === "/refuse") {
    refuses = true;
    return reply(200, {});
  }
  if (url === "/hang") {
    // Once the response is sent, as nothing is sent after that.
    response.once("finish", () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
    reply(200, {});
    return;
  }
  if (method === "DELETE") return reply(sessions.delete(String(headers["mcp-session-id"])) ? 200 : 404, {});
  if (refuses) return reply(500, { jsonrpc: "2.0", id: 1, error: { code: -32603, message: "no more" } });
  const id = `session-${performance.now()}`;
  sessions.add(id);
  return reply(200, { jsonrpc: "2.0", id: 1, result: {} }, { "mcp-session-id": id });
}).listen(Number(port), "127.0.0.1");
