/**
 * Serves a program that speaks MCP over standard input and output, by mcp-proxy, and tells at `/alive` of a second port
 * whether that program answers: mcp-proxy's own `/ping` is well while its child hangs.
 *
 *   node bridge.ts <port of /alive> <arguments of mcp-proxy, --port among them>
 */
import { faultOf, post, serveAlive } from "./alive.ts";

const [alivePort, ...forBridge] = process.argv.splice(2);
const url = `http://127.0.0.1:${forBridge[forBridge.indexOf("--port") + 1]}/mcp`;

/** Asks the program for its tools, by way of the bridge, in the revision that needs no handshake. */
async function silence(): Promise<string | undefined> {
  const revision = "2026-07-28";
  const meta = {
    "io.modelcontextprotocol/protocolVersion": revision,
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const headers = { "mcp-protocol-version": revision, "mcp-method": "tools/list" };
  return faultOf(await post(url, headers, { method: "tools/list", params: { _meta: meta } }));
}

// The bridge ends when nothing is left that it waits for.
serveAlive(Number(alivePort), silence);

process.argv.push(...forBridge);
await import(new URL("bin/mcp-proxy.mjs", import.meta.resolve("mcp-proxy")).href);
