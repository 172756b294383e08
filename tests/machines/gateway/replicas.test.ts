import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, type Era } from "../../../mcp/probe.ts";
import { startRedis } from "../../support/servers/redis.ts";
import { type Bench, openBench } from "./bench.ts";
import { backendOf, type Program, startGateway, startServer } from "./programs.ts";

const eras: Era[] = ["2025-11-25", "2026-07-28"];

describe("two replicas", () => {
  let bench: Bench;
  let replicas: Program[];
  let balancer: { url: string; to: number[]; answered: Set<number> };

  beforeAll(async () => {
    bench = await openBench();
    const { binary, folder, stops } = bench;
    const server = await startServer();
    stops.push(() => server.close(1));
    const redis = await startRedis();
    stops.push(() => redis.stop());
    const sessions = { host: "127.0.0.1", port: Number(new URL(redis.url).port), password: redis.password };
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
    const [first, second] = replicas.map(({ port }) => port);
    balancer = { url: "", to: [first ?? 0, second ?? 0], answered: new Set() };
    stops.push(() => Promise.all(replicas.slice(1).map((replica) => replica.stop())));
    let turn = 0;
    // As a Service does: each connection to another pod.
    const proxy = createServer((asked, answer) => {
      const port = balancer.to[turn++ % balancer.to.length];
      const { url: path, method, headers } = asked;
      const passed = request({ port, host: "127.0.0.1", path, method, headers, agent: false }, (said) => {
        balancer.answered.add(port ?? 0);
        answer.writeHead(said.statusCode ?? 0, said.headers);
        said.pipe(answer);
      });
      passed.on("error", () => answer.destroy());
      asked.pipe(passed);
    }).listen(0, "127.0.0.1");
    await new Promise((done) => proxy.once("listening", done));
    stops.push(async () => {
      proxy.closeAllConnections();
      proxy.close();
    });
    balancer.url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/mcp`;
  });

  afterAll(() => bench?.close());

  test("M3 a session goes on whichever replica answers, and when one of them is gone", async () => {
    const connections = await Promise.all(eras.map((era) => connect({ url: balancer.url, era })));
    const work = async (a: number) => {
      for (const { client: caller } of connections) {
        expect((await caller.listTools()).tools.map(({ name }) => name)).toEqual(["toy_add"]);
        const { content } = await caller.callTool({ name: "toy_add", arguments: { a, b: 1 } });
        expect(content).toMatchObject([{ text: JSON.stringify({ sum: a + 1 }) }]);
      }
    };
    for (const a of [1, 2, 3]) await work(a);
    expect(balancer.answered.size).toBe(2);
    await replicas[0]?.stop();
    balancer.to = balancer.to.slice(1);
    for (const a of [4, 5, 6]) await work(a);
    await Promise.all(connections.map(({ close }) => close()));
  });
});
