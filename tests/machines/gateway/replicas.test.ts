import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { redisLogin } from "../../../components/services/redis/logins.ts";
import { connect, type Era } from "../../../mcp/check/probe.ts";
import { startRedis } from "../../support/servers/databases/redis.ts";
import { startTunnel } from "../../support/servers/tunnel.ts";
import { type Bench, nginxImage, openBench } from "./bench.ts";
import { backendOf, type Door, type Program, startDoor, startGateway, startServer } from "./programs.ts";

const eras: Era[] = ["2025-11-25", "2026-07-28"];
const client = randomBytes(24).toString("hex");

/** A Service before some of the replicas: each request goes to another of them. */
interface Service {
  port: number;
  to: number[];
}

describe("two replicas", () => {
  let bench: Bench;
  let replicas: Program[];
  /** Replicas that have answered. */
  const answered = new Set<number>();
  /** Of all replicas, and of those that one caller gets. */
  let spread: Service;
  let kept: Service;
  let door: Door;

  async function startService(to: number[], address: string, port = 0): Promise<Service> {
    let turn = 0;
    const proxy = createServer((asked, answer) => {
      const replica = service.to[turn++ % service.to.length] ?? 0;
      const { url: path, method } = asked;
      // On loopback a replica answers to loopback's names alone.
      const headers = { ...asked.headers, host: `127.0.0.1:${replica}` };
      const passed = request(
        { port: replica, host: "127.0.0.1", path, method, headers, agent: false },
        (said) => {
          answered.add(replica);
          answer.writeHead(said.statusCode ?? 0, said.headers);
          said.pipe(answer);
        },
      );
      passed.on("error", () => answer.destroy());
      asked.pipe(passed);
    }).listen(port, address);
    await once(proxy, "listening");
    bench.stops.push(async () => {
      proxy.closeAllConnections();
      proxy.close();
    });
    const service = { port: (proxy.address() as AddressInfo).port, to };
    return service;
  }

  beforeAll(async () => {
    bench = await openBench();
    const { binary, folder, stops } = bench;
    const server = await startServer();
    stops.push(() => server.close(1));
    const redis = await startRedis([], [redisLogin("default")]);
    stops.push(() => redis.stop());
    const overTls = { host: "localhost", address: "127.0.0.1", port: Number(new URL(redis.tlsUrl).port) };
    const tunnel = await startTunnel(folder, overTls, readFileSync(redis.caFile, "utf8"));
    stops.push(() => tunnel.stop());
    const sessions = { host: "127.0.0.1", port: tunnel.port, password: redis.password };
    replicas = await Promise.all(
      [1, 2].map(() =>
        startGateway(binary, folder, {
          host: "127.0.0.1",
          backends: [backendOf("toy", server)],
          auth: { by: "nginx" },
          sessions,
        }),
      ),
    );
    stops.push(() => Promise.all(replicas.slice(1).map((replica) => replica.stop())));
    const ports = replicas.map(({ port }) => port);
    spread = await startService(ports, "127.0.0.2");
    kept = await startService(ports.slice(0, 1), "127.0.0.1", spread.port);
    door = await startDoor(await nginxImage(), folder, {
      clients: { cursor: client },
      routes: [
        {
          ...{ path: "/mcp", kind: "sse", exact: true, clients: true, upstreamPath: "/mcp" },
          ...{ host: "127.0.0.1", address: "127.0.0.1", spreadAddress: "127.0.0.2", port: kept.port },
        },
      ],
    });
    stops.push(() => door.stop());
  });
  beforeEach(() => answered.clear());
  afterAll(() => bench?.close());

  test("M3 one door gives work without sessions to all of them, and keeps a session with one", async () => {
    const through = {
      url: `https://sophia.test:${door.port}/mcp`,
      address: "127.0.0.1",
      ca: door.certificate,
    };
    for (const [era, replicasAsked] of [
      ["2026-07-28", 2],
      ["2025-11-25", 1],
    ] as const) {
      answered.clear();
      const { client: caller, close } = await connect({ ...through, era, token: client });
      for (const a of [1, 2, 3, 4]) {
        const { content } = await caller.callTool({ name: "toy_add", arguments: { a, b: 1 } });
        expect(content).toMatchObject([{ text: JSON.stringify({ sum: a + 1 }) }]);
      }
      await close();
      expect([era, answered.size]).toEqual([era, replicasAsked]);
    }
  });

  test("M3 a session goes on whichever replica answers, and when one of them is gone", async () => {
    const url = `http://127.0.0.2:${spread.port}/mcp`;
    const connections = await Promise.all(eras.map((era) => connect({ url, era })));
    const work = async (a: number) => {
      for (const { client: caller } of connections) {
        expect((await caller.listTools()).tools.map(({ name }) => name)).toEqual(["toy_add"]);
        const { content } = await caller.callTool({ name: "toy_add", arguments: { a, b: 1 } });
        expect(content).toMatchObject([{ text: JSON.stringify({ sum: a + 1 }) }]);
      }
    };
    for (const a of [1, 2, 3]) await work(a);
    expect(answered.size).toBe(2);
    await replicas[0]?.stop();
    spread.to = spread.to.slice(1);
    for (const a of [4, 5, 6]) await work(a);
    await Promise.all(connections.map(({ close }) => close()));
  });
});
