/**
 * Runs a program that serves MCP over HTTP itself, and has no health path, in this process; tells at `/alive` of a second
 * port whether it takes a session. Where the program blocks its process, nobody answers there either.
 *
 *   node watched.ts <port of /alive> <port of the program> <file of the program> <its arguments>
 */
import { pathToFileURL } from "node:url";
import { faultOf, post, serveAlive } from "./alive.ts";

const [alivePort, port, file = "", ...args] = process.argv.splice(1).slice(1);
const url = `http://127.0.0.1:${port}/mcp`;

/** Opens a session, and ends it at once. */
async function silence(): Promise<string | undefined> {
  const protocolVersion = "2025-11-25";
  const clientInfo = { name: "alive", version: "1.0.0" };
  const answer = await post(
    url,
    {},
    { method: "initialize", params: { protocolVersion, capabilities: {}, clientInfo } },
  );
  const fault = await faultOf(answer);
  const session = answer.headers.get("mcp-session-id");
  if (session !== null) {
    const ended = await fetch(url, { method: "DELETE", headers: { "mcp-session-id": session } });
    await ended.text();
  }
  return fault;
}

serveAlive(Number(alivePort), silence);

// As if it had been started by itself.
process.argv.push(file, ...args);
await import(pathToFileURL(file).href);
