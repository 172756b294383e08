import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Door, openDoor } from "./door.ts";

let door: Door;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door?.close());

describe("Nginx with the rendered configuration: services", () => {
  test("N1 sends plain requests to TLS and keeps method and query", async () => {
    const answer = await door.plain("/api/x?y=1", {});
    expect(answer.status).toBe(308);
    expect(answer.headers.location).toBe("https://sophia.test/api/x?y=1");
  });

  test("N1 answers /health itself, by any name, plain or not", async () => {
    for (const tls of [true, false]) {
      const answer = await (tls ? door.ask : door.plain)("/health", { host: "other.test" });
      expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { status: "ok" }]);
    }
  });

  test("N1 gives a prefix to its service, rewritten where asked, and only whole segments", async () => {
    const seen = async (path: string) => JSON.parse((await door.ask(path)).body) as Record<string, string>;
    expect((await seen("/mcp/infra")).url).toBe("/mcp");
    expect((await seen("/mcp/infra/")).url).toBe("/mcp");
    expect((await seen("/mcp/infra/a%20b?c=d")).url).toBe("/mcp/a%20b?c=d");
    expect((await seen("/api")).url).toBe("/api");
    expect((await seen("/mcp/infrared")).error).toBe("not found");
  });

  test("M3 keeps connections to a service whose address is known, each for its calls alone", async () => {
    const asked = async (path: string) => {
      const { body } = await door.ask(path, { authorization: `Bearer ${door.token}`, "user-agent": path });
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
    const { status, body } = await door.ask("/kept/down");
    expect([status, JSON.parse(body).error]).toEqual([503, "service unavailable"]);
  });

  test("W3 says 503 and when to try again where a service does not answer", async () => {
    const answer = await door.ask("/down");
    expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "5"]);
    expect(JSON.parse(answer.body)).toMatchObject({ error: "service unavailable" });
  });

  test("N1 passes server-sent events as they come", async () => {
    const call = door.request("/mcp/infra/stream").end();
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
        const call = door.request(path, { connection: "Upgrade", upgrade: protocol });
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
});
