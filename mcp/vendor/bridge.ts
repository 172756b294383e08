/**
 * Serves a stdio MCP program over HTTP with mcp-proxy, and reports at `/alive` of a second port whether that program
 * responds: mcp-proxy's own `/ping` is 200 even while its child hangs.
 *
 *   node bridge.ts <port of /alive> <arguments of mcp-proxy, --port among them>
 */
import { faultOf, listTools, serveAlive } from "./liveness.ts";

const [alivePort, ...forBridge] = process.argv.slice(2);
const url = `http://127.0.0.1:${forBridge[forBridge.indexOf("--port") + 1]}/mcp`;

// mcp-proxy decides when the process exits.
serveAlive(Number(alivePort), async () => faultOf(await listTools(url)));

// In this process, as a second one for each bridged server would cost 40 MB: mcp-proxy reads its arguments from here.
process.argv = [...process.argv.slice(0, 2), ...forBridge];
await import(new URL("bin/mcp-proxy.mjs", import.meta.resolve("mcp-proxy")).href);
