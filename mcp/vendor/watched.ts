/**
 * Runs a program that serves MCP over HTTP and has no health path, and reports at `/alive` of a second port whether the
 * program responds in a revision of the protocol: with sessions, or without.
 *
 *   node watched.ts <port of /alive> <port of the program> <file of the program> <its arguments>
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { faultOf, listTools, post, serveAlive } from "./liveness.ts";

const [, , alivePort, port, file = "", ...args] = process.argv;
const url = `http://127.0.0.1:${port}/mcp`;

/** Opens a session and deletes it. @returns what failed, if anything did */
async function sessionFault(): Promise<string | undefined> {
  const protocolVersion = "2025-11-25";
  const clientInfo = { name: "alive", version: "1.0.0" };
  const answer = await post(
    url,
    {},
    { method: "initialize", params: { protocolVersion, capabilities: {}, clientInfo } },
  );
  const found = await faultOf(answer);
  const session = answer.headers.get("mcp-session-id");
  if (session !== null) {
    const ended = await fetch(url, { method: "DELETE", headers: { "mcp-session-id": session } });
    await ended.text();
  }
  return found;
}

/** The program's next version may know no `initialize`. @returns what failed in both revisions, if both did */
async function fault(): Promise<string | undefined> {
  const session = await sessionFault();
  if (session === undefined) return undefined;
  const stateless = await faultOf(await listTools(url));
  return stateless && `initialize: ${session}; tools/list of 2026-07-28: ${stateless}`;
}

serveAlive(Number(alivePort), fault);

const child = spawn(process.execPath, [file, ...args], { stdio: "inherit" });
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => child.kill(signal));
const [code] = await once(child, "close");
process.exit(typeof code === "number" ? code : 1);
