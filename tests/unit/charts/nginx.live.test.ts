import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, request as insecure, type Server } from "node:http";
import { request } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Hopeless, waitFor } from "../../../components/core/wait.ts";
import { clientsMap, nginxValues } from "../../../components/services/nginx.ts";
import { nginxSettings } from "../../../components/settings/services.ts";
import { helm, nginx, only, render } from "./render.ts";

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

const ask = (port: number, path: string, headers: Record<string, string> = {}, tls = true): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const options = { port, path, host: "127.0.0.1", headers: { host: "sophia.test", ...headers } };
    const call = tls
      ? request({ ...options, servername: "sophia.test", ca: readFileSync(join(folder, "tls.crt")) })
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

let folder: string;
let process: ChildProcess;
let upstream: Server;
let [http, https, probe]: number[] = [];
let release: () => void = () => {};
const token = randomBytes(24).toString("hex");

/** What the service behind the door does, by path. */
function serve(): Server {
  const server = createServer((call, answer) => {
    if (call.url?.startsWith("/api/hold")) {
      release = () => answer.end("held");
      return;
    }
    if (call.url?.startsWith("/mcp/stream")) {
      answer.writeHead(200, { "content-type": "text/event-stream" });
      answer.write("data: first\n\n");
      release = () => answer.end("data: last\n\n");
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
  const further = { routes, serviceCidr: "10.43.0.0/16", tlsSecret: "t", tlsHash: "h", clientsSecret: "c" };
  const map = only(render("nginx", "ingress", nginxValues(settings, further)), "ConfigMap");
  return (map.data?.["nginx.conf"] ?? "")
    .replaceAll("/tmp/", `${folder}/`)
    .replaceAll("/run/secrets/tls", folder)
    .replaceAll("/run/secrets/clients", folder)
    .replace("include /etc/nginx/mime.types;", "")
    .replaceAll("listen 8080", `listen 127.0.0.1:${http}`)
    .replaceAll("listen 8443", `listen 127.0.0.1:${https}`)
    .replaceAll("listen 8081", `listen 127.0.0.1:${probe}`);
}

const logFile = () => join(folder, "log");
const log = () => readFileSync(logFile(), "utf8");

describe.skipIf(!helm || !nginx)("Nginx with the rendered configuration", () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "nginx-"));
    [http, https, probe] = await freePorts(3);
    upstream = serve().listen(0, "127.0.0.1");
    await once(upstream, "listening");
    execFileSync("openssl", [
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=sophia.test".split(
        " ",
      ),
      ..."-addext subjectAltName=DNS:sophia.test".split(" "),
      ...["-keyout", join(folder, "tls.key"), "-out", join(folder, "tls.crt")],
    ]);
    writeFileSync(join(folder, "clients.map"), clientsMap({ cursor: token, other: "0".repeat(48) }));
    const file = join(folder, "nginx.conf");
    writeFileSync(file, configuration((upstream.address() as AddressInfo).port));
    const output = openSync(logFile(), "a");
    process = spawn("nginx", ["-e", "stderr", "-c", file], { stdio: ["ignore", output, output] });
    closeSync(output);
    await waitFor({ what: "nginx", deadline: 10, interval: 0.05 }, () => {
      if (process.exitCode !== null) throw new Hopeless(new Error(`nginx ended: ${log()}`));
      return ask(probe ?? 0, "/healthz", {}, false);
    });
  });
  afterAll(() => {
    process?.kill("SIGKILL");
    upstream?.closeAllConnections();
    upstream?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  test("N1 sends plain requests to TLS and keeps method and query", async () => {
    const answer = await ask(http ?? 0, "/api/x?y=1", {}, false);
    expect(answer.status).toBe(308);
    expect(answer.headers.location).toBe("https://sophia.test/api/x?y=1");
  });

  test("N1 answers /health itself, by any name, plain or not", async () => {
    for (const tls of [true, false]) {
      const answer = await ask((tls ? https : http) ?? 0, "/health", { host: "other.test" }, tls);
      expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { status: "ok" }]);
    }
  });

  test("M3 S1 lets clients in by their token only, keeps it, and passes on whose it is", async () => {
    const seen = (authorization?: string, path = "/known") =>
      ask(https ?? 0, path, {
        "user-agent": "tool/1",
        ...(authorization !== undefined && { authorization }),
      });
    for (const wrong of [undefined, "", token, "Bearer", `Bearer ${token}x`, `Basic ${token}`]) {
      const refused = await seen(wrong);
      expect([wrong, refused.status]).toEqual([wrong, 401]);
      expect(refused.headers["www-authenticate"]).toBe('Bearer realm="sophia"');
      expect(refused.body).toContain("unauthorized");
    }
    const { headers } = JSON.parse((await seen(`Bearer ${token}`)).body) as { headers: IncomingHttpHeaders };
    expect(headers["user-agent"]).toBe("cursor; tool/1");
    expect(headers).not.toHaveProperty("authorization");
    expect((await seen(`Bearer ${token}`, "/known/more")).status).toBe(404);
    expect(log()).not.toContain(token);
    expect(log()).toContain('"caller":"cursor"');
  });

  test("N1 M3 a known client has a limit of its own, beyond that of its address", async () => {
    const calls = Array.from({ length: 100 }, () =>
      ask(https ?? 0, "/known", { authorization: `Bearer ${token}` }),
    );
    expect(new Set((await Promise.all(calls)).map(({ status }) => status))).toEqual(new Set([200]));
  });

  test("M3 a route that asks for no client passes its credentials on", async () => {
    const answer = await ask(https ?? 0, "/api/x", {
      authorization: `Bearer ${token}`,
      "user-agent": "tool/1",
    });
    const { headers } = JSON.parse(answer.body) as { headers: IncomingHttpHeaders };
    expect([headers.authorization, headers["user-agent"]]).toEqual([`Bearer ${token}`, "tool/1"]);
  });

  test("N1 gives a prefix to its service, rewritten where asked, and only whole segments", async () => {
    const seen = async (path: string) =>
      JSON.parse((await ask(https ?? 0, path)).body) as Record<string, string>;
    expect((await seen("/mcp/infra")).url).toBe("/mcp");
    expect((await seen("/mcp/infra/")).url).toBe("/mcp");
    expect((await seen("/mcp/infra/a%20b?c=d")).url).toBe("/mcp/a%20b?c=d");
    expect((await seen("/api")).url).toBe("/api");
    expect((await seen("/mcp/infrared")).error).toBe("not found");
  });

  test("M3 keeps connections to a service whose address is known, each for its calls alone", async () => {
    const asked = async (path: string) => {
      const { body } = await ask(https ?? 0, path, { authorization: `Bearer ${token}`, "user-agent": path });
      return JSON.parse(body) as { url: string; from: number; headers: IncomingHttpHeaders };
    };
    const seen = async (path: string, calls = 20) => {
      const answers = [];
      for (let call = 0; call < calls; call += 1) answers.push(await asked(`${path}/${call}`));
      expect(answers.map(({ url }) => url)).toEqual(answers.map((_, call) => `/mcp/${call}`));
      expect(answers.map(({ headers }) => headers["user-agent"])).toEqual(
        answers.map((_, call) => expect.stringContaining(`${path}/${call}`)),
      );
      expect(answers.filter(({ headers }) => headers.authorization && path === "/kept")).toEqual([]);
      return new Set(answers.map(({ from }) => from)).size;
    };
    // Each worker process keeps its own.
    expect(await seen("/kept")).toBeLessThanOrEqual(4);
    expect(await seen("/mcp/infra", 3)).toBe(3);
    const { status, body } = await ask(https ?? 0, "/kept/down");
    expect([status, JSON.parse(body).error]).toEqual([503, "service unavailable"]);
  });

  test("N1 tells a service who calls, whatever the client claims", async () => {
    const answer = await ask(https ?? 0, "/api", {
      "x-forwarded-for": "203.0.113.9",
      "x-forwarded-proto": "http",
    });
    const { headers } = JSON.parse(answer.body) as { headers: Record<string, string> };
    expect(headers).toMatchObject({
      host: "sophia.test",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "https",
      "x-request-id": answer.headers["x-request-id"],
    });
  });

  test("N1 sets security headers on every answer, errors included, and hides what runs", async () => {
    for (const path of ["/api", "/nothing", "/down"]) {
      const { headers } = await ask(https ?? 0, path);
      expect(headers).toMatchObject({
        "strict-transport-security": "max-age=31536000; includeSubDomains",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "content-security-policy": "frame-ancestors 'none'",
        server: "nginx",
      });
    }
  });

  test("W3 says 503 and when to try again where a service does not answer", async () => {
    const answer = await ask(https ?? 0, "/down");
    expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "5"]);
    expect(JSON.parse(answer.body)).toMatchObject({ error: "service unavailable" });
  });

  test("refuses a name that is not ours", async () => {
    expect((await ask(https ?? 0, "/api", { host: "evil.test" })).status).toBe(421);
    expect((await ask(http ?? 0, "/api", { host: "evil.test" }, false)).status).toBe(421);
  });

  test("N1 passes server-sent events as they come", async () => {
    const call = request({
      host: "127.0.0.1",
      port: https,
      path: "/mcp/infra/stream",
      headers: { host: "sophia.test" },
      servername: "sophia.test",
      ca: readFileSync(join(folder, "tls.crt")),
    }).end();
    const [response] = await once(call, "response");
    const [first] = await once(response, "data");
    expect(String(first)).toBe("data: first\n\n");
    release();
    await once(response, "data");
    response.destroy();
  });

  test("N1 changes the protocol for WebSocket routes only", async () => {
    const upgrade = (path: string, protocol: string) =>
      new Promise((resolve, reject) => {
        const call = request({
          host: "127.0.0.1",
          port: https,
          path,
          headers: { host: "sophia.test", connection: "Upgrade", upgrade: protocol },
          servername: "sophia.test",
          ca: readFileSync(join(folder, "tls.crt")),
        });
        call.on("upgrade", (_response, socket) => {
          socket.destroy();
          resolve("upgraded");
        });
        call.on("response", (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        call.on("error", reject);
        call.end();
      });
    expect(await upgrade("/ws", "websocket")).toBe("upgraded");
    expect(await upgrade("/api", "websocket")).toBe(200);
    expect(await upgrade("/ws", "h2c")).toBe(200);
  });

  test("N1 limits each client and says when to try again", async () => {
    const answers = await Promise.all(Array.from({ length: 80 }, () => ask(https ?? 0, "/api")));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(20);
    expect(refused.length).toBeLessThan(75);
    expect(refused[0]?.headers["retry-after"]).toBe("1");
  });

  test("S1 writes its log as JSON, without tokens of headers or queries", async () => {
    const path = "/nothing?token=query-secret";
    const { headers } = await ask(https ?? 0, path, { authorization: "Bearer header-secret" });
    const line = await waitFor({ what: "the log line", deadline: 5, interval: 0.05 }, async () => {
      const found = log()
        .split("\n")
        .find((each) => each.includes(String(headers["x-request-id"])));
      if (!found) throw new Error("not there yet");
      return JSON.parse(found) as Record<string, string>;
    });
    expect(line).toMatchObject({ path: "/nothing", status: "404", method: "GET", client: "127.0.0.1" });
    expect(log()).not.toMatch(/query-secret|header-secret/);
  });

  test("W3 finishes what is under way when it is told to quit", async () => {
    await waitFor({ what: "the rate limit to let go", deadline: 10, interval: 0.2 }, async () => {
      // By more than one request, as another follows at once.
      const answers = await Promise.all([1, 2].map(() => ask(https ?? 0, "/api")));
      if (answers.some(({ status }) => status !== 200)) throw new Error("still limited");
      return true;
    });
    release = () => {};
    const idle = release;
    const held = ask(https ?? 0, "/api/hold");
    await waitFor({ what: "the request to arrive", deadline: 5, interval: 0.05 }, async () => {
      if (release === idle) throw new Error("not there yet");
      return true;
    });
    const ended = once(process, "exit");
    process.kill("SIGQUIT");
    await waitFor({ what: "the door to close", deadline: 5, interval: 0.05 }, () =>
      ask(https ?? 0, "/api").then(
        () => {
          throw new Error("still open");
        },
        () => true,
      ),
    );
    release();
    expect((await held).body).toBe("held");
    await ended;
  });
});
