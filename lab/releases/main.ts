/**
 * Serves built releases to the lab's hosts, as a download site would:
 *
 *   node lab/releases/main.ts --listen <host:port> --file <path under /> <file> [--file …]
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";

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
const server = createServer(async (request, response) => {
  const file = files.get(new URL(request.url ?? "/", "http://releases").pathname);
  if (!file || (request.method !== "GET" && request.method !== "HEAD")) {
    response.writeHead(404).end();
    return;
  }
  try {
    const { size } = await stat(file);
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": size });
    if (request.method === "HEAD") response.end();
    else createReadStream(file).pipe(response);
  } catch (error) {
    process.stderr.write(`${file}: ${error instanceof Error ? error.message : error}\n`);
    response.writeHead(500).end();
  }
});
server.listen(port, host, () => process.stdout.write(`serving ${files.size} releases on ${host}:${port}\n`));
const close = () => {
  server.close();
  server.closeAllConnections();
};
process.once("SIGTERM", close);
process.once("SIGINT", close);
