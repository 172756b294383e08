import { once } from "node:events";
import { request } from "node:http";
import { createConnection } from "node:net";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { type Serving, serve } from "../../../../../mcp/servers/kit/serve.ts";
import { tool } from "../../../../../mcp/servers/kit/tool.ts";

const running: Serving[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((serving) => serving.close(1)));
});

const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };

async function start() {
  const log: string[] = [];
  const serving = await serve({
    name: "toy",
    version: "1.0.0",
    tools: [tool({ name: "echo", description: "Echo.", input: z.object({}), run: async () => "é" })],
    port: 0,
    host: "127.0.0.1",
    maxBody: 100_000,
    log: (level, message, fields) => log.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`),
  });
  running.push(serving);
  return { serving, log, url: `http://127.0.0.1:${serving.port}` };
}

test("a body that does not say how long it is gets its refusal when it is too long", async () => {
  const { url } = await start();
  const sent = request(`${url}/mcp`, { method: "POST", headers });
  // The server ends the connection while the rest is on its way.
  sent.on("error", () => undefined);
  const answered = once(sent, "response");
  for (let part = 0; part < 3; part += 1) sent.write("y".repeat(50_000));
  const [response] = await answered;
  expect(response.statusCode).toBe(413);
  expect(response.headers.connection).toBe("close");
  sent.destroy();
});

test("a client that leaves in the middle of its body is no fault of the server", async () => {
  const { serving, log, url } = await start();
  const socket = createConnection({ host: "127.0.0.1", port: serving.port });
  await once(socket, "connect");
  socket.write(
    "POST /mcp HTTP/1.1\r\nhost: toy\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{",
  );
  // It has read that much once it answers on a later connection.
  await fetch(`${url}/healthz`);
  socket.destroy();
  await once(socket, "close");
  await serving.close(3600);
  expect(log.join("\n")).not.toMatch(/^(error|warn)/m);
});

test("an answer is sent as a whole, with its length in bytes", async () => {
  const { url } = await start();
  const era = "2026-07-28";
  const meta = {
    "io.modelcontextprotocol/protocolVersion": era,
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const params = { name: "echo", arguments: {}, _meta: meta };
  const response = await fetch(`${url}/mcp`, {
    method: "POST",
    headers: { ...headers, "mcp-protocol-version": era, "mcp-method": "tools/call", "mcp-name": "echo" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
  });
  const text = await response.text();
  expect(text).toContain("é");
  expect(Number(response.headers.get("content-length"))).toBe(Buffer.byteLength(text));
});

test.each([
  ["text/plain", 415],
  ["application/json", 400],
])("what is no JSON is refused as %s", async (type, status) => {
  const { url } = await start();
  const response = await fetch(`${url}/mcp`, {
    method: "POST",
    headers: { ...headers, "content-type": type },
    body: "{oops",
  });
  expect(response.status).toBe(status);
});
