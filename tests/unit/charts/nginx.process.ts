import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, request as insecure, type Server } from "node:http";
import { request } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hopeless, waitFor } from "../../../components/core/wait.ts";
import { clientsMap, nginxValues } from "../../../components/services/nginx.ts";
import { nginxSettings } from "../../../components/settings/services.ts";
import { only, render } from "./render.ts";

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** What runs, and where. */
export const door = {
  folder: "",
  http: 0,
  https: 0,
  probe: 0,
  /** Lets the answer go that the service behind holds back. */
  release: () => {},
};
let nginx: ChildProcess | undefined;
let upstream: Server | undefined;

/** Nginx's own process. */
export function nginxProcess(): ChildProcess {
  if (!nginx) throw new Error("Nginx was not started");
  return nginx;
}
export const token = randomBytes(24).toString("hex");
export const log = () => readFileSync(join(door.folder, "log"), "utf8");
export const authority = () => readFileSync(join(door.folder, "tls.crt"));

export const ask = (
  port: number,
  path: string,
  headers: Record<string, string> = {},
  tls = true,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const options = { port, path, host: "127.0.0.1", headers: { host: "sophia.test", ...headers } };
    const call = tls
      ? request({ ...options, servername: "sophia.test", ca: authority() })
      : insecure(options);
    call.on("error", reject);
    call.on("response", (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    call.end();
  });

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createTcpServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** What the service behind the door does, by path. */
function serve(): Server {
  const server = createServer((call, answer) => {
    if (call.url?.startsWith("/api/hold")) {
      door.release = () => answer.end("held");
      return;
    }
    if (call.url?.startsWith("/mcp/stream")) {
      answer.writeHead(200, { "content-type": "text/event-stream" });
      answer.write("data: first\n\n");
      door.release = () => answer.end("data: last\n\n");
      return;
    }
    answer.setHeader("server", "secretive/1.0");
    answer.end(JSON.stringify({ url: call.url, headers: call.headers, from: call.socket.remotePort }));
  });
  server.on("upgrade", (call, socket) => {
    socket.end(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${call.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n`,
    );
  });
  return server;
}

/** The rendered configuration with this machine's ports and folders in place of the pod's. */
function configuration(upstreamPort: number): string {
  const settings = nginxSettings.parse({
    hostnames: ["sophia.test"],
    rateLimit: { perSecond: 20, burst: 40 },
    clientRateLimit: { perSecond: 1000, burst: 200 },
  });
  const to = { host: "127.0.0.1", port: upstreamPort };
  const routes = [
    { ...to, path: "/mcp/infra", kind: "sse" as const, upstreamPath: "/mcp" },
    { ...to, path: "/api", kind: "http" as const, maxBody: "1k" },
    { ...to, path: "/ws", kind: "websocket" as const },
    { ...to, path: "/down", kind: "http" as const, port: 1 },
    { ...to, path: "/kept", kind: "sse" as const, address: "127.0.0.1", upstreamPath: "/mcp", clients: true },
    { ...to, path: "/kept/down", kind: "sse" as const, address: "127.0.0.1", port: 1 },
    { ...to, path: "/known", kind: "http" as const, clients: true, exact: true },
  ];
  const documents = [{ path: "/known.json", text: '{"servers":[]}' }];
  const further = {
    routes,
    documents,
    serviceCidr: "10.43.0.0/16",
    tlsSecret: "t",
    tlsHash: "h",
    clientsSecret: "c",
  };
  const map = only(render("nginx", "ingress", nginxValues(settings, further)), "ConfigMap");
  writeFileSync(join(door.folder, "document-0"), map.data?.["document-0"] ?? "");
  return (map.data?.["nginx.conf"] ?? "")
    .replaceAll("/tmp/", `${door.folder}/`)
    .replaceAll("/etc/nginx/sophia/", `${door.folder}/`)
    .replaceAll("/run/secrets/tls", door.folder)
    .replaceAll("/run/secrets/clients", door.folder)
    .replace("include /etc/nginx/mime.types;", "")
    .replaceAll("listen 8080", `listen 127.0.0.1:${door.http}`)
    .replaceAll("listen 8443", `listen 127.0.0.1:${door.https}`)
    .replaceAll("listen 8081", `listen 127.0.0.1:${door.probe}`);
}

export async function startNginx(): Promise<void> {
  door.folder = mkdtempSync(join(tmpdir(), "nginx-"));
  // Started by root, its workers are somebody else.
  chmodSync(door.folder, 0o711);
  const [http = 0, https = 0, probe = 0] = await freePorts(3);
  Object.assign(door, { http, https, probe });
  const behind = serve().listen(0, "127.0.0.1");
  upstream = behind;
  await once(behind, "listening");
  execFileSync("openssl", [
    ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=sophia.test".split(
      " ",
    ),
    ..."-addext subjectAltName=DNS:sophia.test".split(" "),
    ...["-keyout", join(door.folder, "tls.key"), "-out", join(door.folder, "tls.crt")],
  ]);
  writeFileSync(join(door.folder, "clients.map"), clientsMap({ cursor: token, other: "0".repeat(48) }));
  const file = join(door.folder, "nginx.conf");
  writeFileSync(file, configuration((behind.address() as AddressInfo).port));
  const output = openSync(join(door.folder, "log"), "a");
  const started = spawn("nginx", ["-e", "stderr", "-c", file], { stdio: ["ignore", output, output] });
  nginx = started;
  closeSync(output);
  await waitFor({ what: "nginx", deadline: 10, interval: 0.05 }, () => {
    if (started.exitCode !== null) throw new Hopeless(new Error(`nginx ended: ${log()}`));
    return ask(probe, "/healthz", {}, false);
  });
}

export function stopNginx(): void {
  nginx?.kill("SIGKILL");
  upstream?.closeAllConnections();
  upstream?.close();
  if (door.folder) rmSync(door.folder, { recursive: true, force: true });
}
