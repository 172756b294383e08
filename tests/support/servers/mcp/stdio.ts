/**
 * A program that speaks MCP over standard input and output, with a tool that never comes back and lets nothing else
 * through (`hang`), and one that only never comes back (`wait`).
 */
import { createInterface } from "node:readline";

interface Message {
  id?: number | string;
  method?: string;
  params?: { name?: string; protocolVersion?: string };
}

const tools = ["hang", "wait"].map((name) => ({ name, inputSchema: { type: "object" } }));
const serverInfo = { name: "stdio", version: "0.1.0" };

for await (const line of createInterface(process.stdin)) {
  const { id, method, params } = JSON.parse(line) as Message;
  if (id === undefined) continue;
  if (method === "tools/call") {
    if (params?.name === "hang") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    continue;
  }
  const results: Record<string, object> = {
    initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo },
    "tools/list": { tools },
  };
  const result = results[method ?? ""];
  const answer = result ? { result } : { error: { code: -32601, message: `no ${method}` } };
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...answer })}\n`);
}
