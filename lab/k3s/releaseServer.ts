/**
 * Serves built releases to the lab's hosts, as a download site would:
 *
 *   node lab/k3s/releaseServer.ts --listen <host:port> --file <path under /> <file> [--file …]
 */

import { open } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { messageOf } from "../../components/core/errors.ts";

/** `--listen a:1 --file /k3s /cache/k3s` → where to listen, and files by URL path. */
function options(args: string[]): { host: string; port: number; files: Map<string, string> } {
  const files = new Map<string, string>();
  let listen = "";
  for (let index = 0; index < args.length; ) {
    const [name, first = "", second = ""] = args.slice(index, index + 3);
    if (name === "--listen") {
      listen = first;
      index += 2;
    } else if (name === "--file" && first.startsWith("/") && second) {
      files.set(first, second);
      index += 3;
    } else throw new Error(`unknown argument ${name}; give --listen <host:port> and --file </path> <file>`);
  }
  const colon = listen.lastIndexOf(":");
  if (colon < 1) throw new Error("--listen <host:port> is missing");
  return { host: listen.slice(0, colon), port: Number(listen.slice(colon + 1)), files };
}

const { host, port, files } = options(process.argv.slice(2));

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const file = files.get((request.url ?? "").replace(/\?.*$/, ""));
  if (!file || (request.method !== "GET" && request.method !== "HEAD")) {
    response.writeHead(404).end();
    return;
  }
  // Opened before the response starts, so that a missing file is a 500 and the size is exact.
  const opened = await open(file);
  try {
    const { size } = await opened.stat();
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": size });
    if (request.method === "HEAD") response.end();
    else await pipeline(opened.createReadStream({ autoClose: false }), response);
  } finally {
    await opened.close();
  }
}

const server = createServer((request, response) => {
  serve(request, response).catch((error: unknown) => {
    // A client that disconnects during a download is not an error.
    if (response.destroyed && request.socket.destroyed) return;
    process.stderr.write(`${request.url}: ${messageOf(error)}\n`);
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end();
  });
});
server.on("error", (error) => {
  process.stderr.write(`cannot listen on ${host}:${port}: ${error.message}\n`);
  process.exitCode = 1;
});
server.listen(port, host, () => {
  const { port: got } = server.address() as AddressInfo;
  process.stdout.write(`serving ${files.size} releases on ${host}:${got}\n`);
});
const close = () => {
  server.close();
  server.closeAllConnections();
};
process.once("SIGTERM", close);
process.once("SIGINT", close);
