import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../../components/core/wait.ts";
import { ask, authority, door, log, nginxProcess, startNginx, stopNginx, token } from "./nginx.process.ts";
import { helm, nginx } from "./render.ts";

describe.skipIf(!helm || !nginx)("Nginx with the rendered configuration", () => {
  beforeAll(startNginx);
  afterAll(stopNginx);

  test("N1 sends plain requests to TLS and keeps method and query", async () => {
    const answer = await ask(door.http, "/api/x?y=1", {}, false);
    expect(answer.status).toBe(308);
    expect(answer.headers.location).toBe("https://sophia.test/api/x?y=1");
  });

  test("N1 answers /health itself, by any name, plain or not", async () => {
    for (const tls of [true, false]) {
      const answer = await ask(tls ? door.https : door.http, "/health", { host: "other.test" }, tls);
      expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { status: "ok" }]);
    }
  });

  test("M3 S1 lets clients in by their token only, keeps it, and passes on whose it is", async () => {
    const seen = (authorization?: string, path = "/known") =>
      ask(door.https, path, {
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

  test("M3 S1 serves a document itself, to clients alone", async () => {
    const seen = (authorization: string) => ask(door.https, "/known.json", { authorization });
    const { status, headers, body } = await seen(`Bearer ${token}`);
    expect([status, headers["content-type"], body]).toEqual([200, "application/json", '{"servers":[]}']);
    expect((await seen("Bearer x")).status).toBe(401);
    expect((await ask(door.https, "/known.json/more", { authorization: `Bearer ${token}` })).status).toBe(
      404,
    );
  });

  test("N1 M3 a known client has a limit of its own, beyond that of its address", async () => {
    const calls = Array.from({ length: 100 }, () =>
      ask(door.https, "/known", { authorization: `Bearer ${token}` }),
    );
    expect(new Set((await Promise.all(calls)).map(({ status }) => status))).toEqual(new Set([200]));
  });

  test("M3 a route that asks for no client passes its credentials on", async () => {
    const answer = await ask(door.https, "/api/x", {
      authorization: `Bearer ${token}`,
      "user-agent": "tool/1",
    });
    const { headers } = JSON.parse(answer.body) as { headers: IncomingHttpHeaders };
    expect([headers.authorization, headers["user-agent"]]).toEqual([`Bearer ${token}`, "tool/1"]);
  });

  test("N1 gives a prefix to its service, rewritten where asked, and only whole segments", async () => {
    const seen = async (path: string) =>
      JSON.parse((await ask(door.https, path)).body) as Record<string, string>;
    expect((await seen("/mcp/infra")).url).toBe("/mcp");
    expect((await seen("/mcp/infra/")).url).toBe("/mcp");
    expect((await seen("/mcp/infra/a%20b?c=d")).url).toBe("/mcp/a%20b?c=d");
    expect((await seen("/api")).url).toBe("/api");
    expect((await seen("/mcp/infrared")).error).toBe("not found");
  });

  test("M3 keeps connections to a service whose address is known, each for its calls alone", async () => {
    const asked = async (path: string) => {
      const { body } = await ask(door.https, path, { authorization: `Bearer ${token}`, "user-agent": path });
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
    const { status, body } = await ask(door.https, "/kept/down");
    expect([status, JSON.parse(body).error]).toEqual([503, "service unavailable"]);
  });

  test("N1 tells a service who calls, whatever the client claims", async () => {
    const answer = await ask(door.https, "/api", {
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
      const { headers } = await ask(door.https, path);
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
    const answer = await ask(door.https, "/down");
    expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "5"]);
    expect(JSON.parse(answer.body)).toMatchObject({ error: "service unavailable" });
  });

  test("refuses a name that is not ours", async () => {
    expect((await ask(door.https, "/api", { host: "evil.test" })).status).toBe(421);
    expect((await ask(door.http, "/api", { host: "evil.test" }, false)).status).toBe(421);
  });

  test("N1 passes server-sent events as they come", async () => {
    const call = request({
      host: "127.0.0.1",
      port: door.https,
      path: "/mcp/infra/stream",
      headers: { host: "sophia.test" },
      servername: "sophia.test",
      ca: authority(),
    }).end();
    const [response] = await once(call, "response");
    const [first] = await once(response, "data");
    expect(String(first)).toBe("data: first\n\n");
    door.release();
    await once(response, "data");
    response.destroy();
  });

  test("N1 changes the protocol for WebSocket routes only", async () => {
    const upgrade = (path: string, protocol: string) =>
      new Promise((resolve, reject) => {
        const call = request({
          host: "127.0.0.1",
          port: door.https,
          path,
          headers: { host: "sophia.test", connection: "Upgrade", upgrade: protocol },
          servername: "sophia.test",
          ca: authority(),
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
    const answers = await Promise.all(Array.from({ length: 80 }, () => ask(door.https, "/api")));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(20);
    expect(refused.length).toBeLessThan(75);
    expect(refused[0]?.headers["retry-after"]).toBe("1");
  });

  test("S1 writes its log as JSON, without tokens of headers or queries", async () => {
    const path = "/nothing?token=query-secret";
    const { headers } = await ask(door.https, path, { authorization: "Bearer header-secret" });
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
      const answers = await Promise.all([1, 2].map(() => ask(door.https, "/api")));
      if (answers.some(({ status }) => status !== 200)) throw new Error("still limited");
      return true;
    });
    door.release = () => {};
    const idle = door.release;
    const held = ask(door.https, "/api/hold");
    await waitFor({ what: "the request to arrive", deadline: 5, interval: 0.05 }, async () => {
      if (door.release === idle) throw new Error("not there yet");
      return true;
    });
    const ended = once(nginxProcess(), "exit");
    nginxProcess().kill("SIGQUIT");
    await waitFor({ what: "the door to close", deadline: 5, interval: 0.05 }, () =>
      ask(door.https, "/api").then(
        () => {
          throw new Error("still open");
        },
        () => true,
      ),
    );
    door.release();
    expect((await held).body).toBe("held");
    await ended;
  });
});
