import { type ChildProcess, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import {
  type ClientRequest,
  createServer,
  type IncomingHttpHeaders,
  request as insecure,
  type Server,
} from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Unrecoverable, waitFor } from "../../../components/core/wait.ts";
import { clientsMap, nginxValues } from "../../../components/services/nginx.ts";
import { nginxSettings } from "../../../components/settings/sections/services.ts";
import { freePort } from "../../support/servers/ports.ts";
import { programOf } from "../../support/servers/program.ts";
import { only, render } from "../render.ts";

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Nginx as its pod runs it, with a service behind it. */
export interface Door {
  process: ChildProcess;
  signal(name: NodeJS.Signals): void;
  /** Token of the client `cursor`. */
  token: string;
  ask(path: string, headers?: Record<string, string>): Promise<Answer>;
  /** Without TLS. */
  plain(path: string, headers?: Record<string, string>): Promise<Answer>;
  /** A request that is not sent yet. */
  request(path: string, headers?: Record<string, string>): ClientRequest;
  log(): string;
  /** Whether the service has a request that it does not finish. */
  holding(): boolean;
  /** Lets it finish. */
  release(): void;
  close(): void;
}

/** What the service behind the door does, by path. */
function serve(hold: (release: () => void) => void): Server {
  const server = createServer((call, answer) => {
    if (call.url?.startsWith("/mcp/hold")) return hold(() => answer.end("held"));
    if (call.url?.startsWith("/mcp/stream")) {
      answer.writeHead(200, { "content-type": "text/event-stream" });
      answer.write("data: first\n\n");
      return hold(() => answer.end("data: last\n\n"));
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

/** Requests of one address without a known token. */
export interface Limit {
  perSecond: number;
  burst: number;
}

interface Ports {
  upstream: number;
  http: number;
  https: number;
  probe: number;
}

/** The rendered configuration with this machine's ports and folders in place of the pod's. */
function configuration(folder: string, { upstream, http, https, probe }: Ports, rateLimit: Limit): string {
  const settings = nginxSettings.parse({
    hostnames: ["sophia.test"],
    rateLimit,
    clientRateLimit: { perSecond: 1000, burst: 200 },
  });
  const to = { host: "127.0.0.1", port: upstream };
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
  const secrets = { tlsSecret: "t", tlsHash: "h", clientsSecret: "c" };
  const further = { routes, documents, serviceCidr: "10.43.0.0/16", ...secrets };
  const map = only(render("nginx", "ingress", nginxValues(settings, further)), "ConfigMap");
  writeFileSync(join(folder, "document-0"), map.data?.["document-0"] ?? "");
  return (map.data?.["nginx.conf"] ?? "")
    .replaceAll("/tmp/", `${folder}/`)
    .replaceAll("/etc/nginx/sophia/", `${folder}/`)
    .replaceAll("/run/secrets/tls", folder)
    .replaceAll("/run/secrets/clients", folder)
    .replace("include /etc/nginx/mime.types;", "")
    .replaceAll("listen 8080", `listen 127.0.0.1:${http}`)
    .replaceAll("listen 8443", `listen 127.0.0.1:${https}`)
    .replaceAll("listen 8081", `listen 127.0.0.1:${probe}`);
}

function makeCertificate(folder: string): void {
  execFileSync("openssl", [
    ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=sophia.test".split(
      " ",
    ),
    ..."-addext subjectAltName=DNS:sophia.test".split(" "),
    ...["-keyout", join(folder, "tls.key"), "-out", join(folder, "tls.crt")],
  ]);
}

const answered = (call: ClientRequest): Promise<Answer> =>
  new Promise((resolve, reject) => {
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

/**
 * Starts Nginx, of this machine or of the lab's image, with the chart's configuration.
 *
 * @param rateLimit Default: more than any test asks for
 */
export async function openDoor(rateLimit: Limit = { perSecond: 1000, burst: 1000 }): Promise<Door> {
  const folder = mkdtempSync(join(tmpdir(), "nginx-"));
  // Started by root, its workers are somebody else.
  chmodSync(folder, 0o711);
  const token = randomBytes(24).toString("hex");
  let release: (() => void) | undefined;
  const upstream = serve((finish) => {
    release = finish;
  }).listen(0, "127.0.0.1");
  await once(upstream, "listening");
  const behind = (upstream.address() as AddressInfo).port;
  const ports = {
    upstream: behind,
    http: await freePort(),
    https: await freePort(),
    probe: await freePort(),
  };
  makeCertificate(folder);
  writeFileSync(join(folder, "clients.map"), clientsMap({ cursor: token, other: "0".repeat(48) }));
  const file = join(folder, "nginx.conf");
  writeFileSync(file, configuration(folder, ports, rateLimit));
  const logFile = join(folder, "log");
  const log = () => readFileSync(logFile, "utf8");
  const output = openSync(logFile, "a");
  const started = programOf("nginx", "nginx", ["-v"]).start("nginx", ["-e", "stderr", "-c", file], {
    folder,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  const to = (port: number, path: string, headers: Record<string, string> = {}) => ({
    port,
    path,
    host: "127.0.0.1",
    headers: { host: "sophia.test", ...headers },
  });
  const ca = readFileSync(join(folder, "tls.crt"));
  const secure = (path: string, headers?: Record<string, string>) =>
    request({ ...to(ports.https, path, headers), servername: "sophia.test", ca });
  await waitFor({ what: "nginx", deadline: 180, interval: 0.05 }, () => {
    if (started.process.exitCode !== null) throw new Unrecoverable(new Error(`nginx ended: ${log()}`));
    return answered(insecure(to(ports.probe, "/healthz")));
  }).catch(started.abandon);
  return {
    process: started.process,
    signal: started.signal,
    token,
    ask: (path, headers) => answered(secure(path, headers)),
    plain: (path, headers) => answered(insecure(to(ports.http, path, headers))),
    request: secure,
    log,
    holding: () => release !== undefined,
    release: () => {
      release?.();
      release = undefined;
    },
    close: () => {
      started.signal("SIGKILL");
      upstream.closeAllConnections();
      upstream.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
