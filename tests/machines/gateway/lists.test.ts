import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { request as requestTls } from "node:https";
import { networkInterfaces } from "node:os";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { type Era, probe } from "../../../mcp/check/probe.ts";
import { vmcp } from "../../../mcp/gateway/vmcp.ts";
import { type Bench, nginxImage, openBench } from "./bench.ts";
import { startFront } from "./front.ts";
import { backendOf, type Door, type Program, startDoor, startGateway, startServer } from "./programs.ts";

const eras: Era[] = ["2026-07-28", "2025-11-25"];
const token = randomBytes(24).toString("hex");
/** On loopback the gateway answers to loopback's names alone. */
const ownAddress =
  Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === "IPv4" && !one.internal)?.address ?? "0.0.0.0";

describe("a door whose clients may hang up while the gateway lists all tools", () => {
  let bench: Bench;
  let gateway: Program;
  let door: Door;
  /** Requests for tools that wait at the slow server, and whether they do. */
  const held: (() => void)[] = [];
  let holds = false;
  const release = () => {
    holds = false;
    for (const go of held) go();
  };

  /** Does as `to` does, as soon as it may. */
  async function startSlow(to: { port: number }): Promise<{ port: number }> {
    const front = await startFront(to, async (asked, _answer, passOn) => {
      const body = await text(asked).catch(() => "");
      if (holds && body.includes('"tools/list"')) await new Promise<void>((go) => held.push(go));
      passOn(body);
    });
    bench.stops.push(() => {
      release();
      return front.close();
    });
    return front;
  }

  beforeAll(async () => {
    bench = await openBench();
    const toy = await startServer();
    bench.stops.push(() => toy.close(1));
    const slow = await startSlow(toy);
    gateway = await startGateway(bench.binary, bench.folder, {
      host: ownAddress,
      backends: [backendOf("toy", toy), backendOf("slow", slow)],
      auth: { by: "nginx" },
    });
    bench.stops.push(() => gateway.stop());
    const to = { host: ownAddress, address: ownAddress, spreadAddress: ownAddress, port: gateway.port };
    door = await startDoor(await nginxImage(), bench.folder, {
      clients: { cursor: token },
      routes: [{ ...to, path: "/mcp", kind: "sse", exact: true, clients: true, upstreamPath: vmcp.path }],
    });
    bench.stops.push(() => door.stop());
  });
  afterAll(() => bench?.close());

  const url = () => `https://sophia.test:${door.port}/mcp`;
  const sweeps = () => gateway.said().split("querying capabilities from backends").length - 1;
  const heldMore = (than: number) =>
    waitFor({ what: "another request to wait at the slow server", deadline: 240, interval: 0.1 }, async () =>
      held.length > than ? held.length : notYet(`${held.length} wait`),
    );

  test("M3 costs the other clients no tool then", async () => {
    const healthy = { what: "both servers to be healthy", deadline: 240, interval: 0.2 };
    await waitFor(healthy, async () => {
      const status = await (await fetch(`http://${ownAddress}:${gateway.port}${vmcp.statusPath}`)).text();
      return status.split('"health":"healthy"').length === 3 || notYet(status);
    });
    const before = sweeps();
    holds = true;
    const meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
    const hasty = requestTls(url(), {
      method: "POST",
      hostname: "127.0.0.1",
      servername: "sophia.test",
      ca: door.certificate,
      headers: {
        host: "sophia.test",
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/list",
      },
    });
    const ended = once(hasty, "error");
    hasty.end(
      JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/list",
        params: { _meta: { ...meta, "io.modelcontextprotocol/clientCapabilities": {} } },
      }),
    );
    await waitFor({ what: "the gateway to ask its servers", deadline: 240, interval: 0.1 }, async () =>
      sweeps() > before ? true : notYet(gateway.said().slice(-500)),
    );
    const waiting = await heldMore(0);
    hasty.destroy(new Error("hung up"));
    await ended;
    // The next check of its health, which comes after the gateway could have learnt of the end.
    await heldMore(waiting);
    release();
    for (const era of eras) {
      const { tools } = await probe({ url: url(), era, token, ca: door.certificate, address: "127.0.0.1" });
      expect([era, tools]).toEqual([era, ["slow_add", "toy_add"]]);
    }
  });

  test("S1 opens lists to nobody without a client's token", async () => {
    const stranger = { token: "x".repeat(48), ca: door.certificate, address: "127.0.0.1" };
    for (const era of eras)
      expect(await probe({ url: url(), era, ...stranger })).toMatchObject({
        ready: false,
        reason: "Unauthorized",
      });
    const direct = { ...stranger, url: `https://sophia.test:${door.port}/_lists_0`, token };
    expect(await probe({ ...direct, era: "2026-07-28" })).toMatchObject({ ready: false, tools: [] });
  });
});
