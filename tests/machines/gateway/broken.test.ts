import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { type Connection, connect } from "../../../mcp/check/probe.ts";
import { vmcp } from "../../../mcp/gateway/vmcp.ts";
import { type Bench, openBench } from "./bench.ts";
import { type Mood, type Moody, startMoody } from "./moody.ts";
import { backendOf, memoryLimit, type Program, startGateway, startServer } from "./programs.ts";

const moods: Mood[] = ["hangs", "floods", "talks garbage"];
/** Seconds within which a broken server is marked, and is back when it works again. */
const limit = 30;
/** Seconds within which each of them must answer. */
const timeout = 5;
/** Seconds after which a call to another server counts as failed; it may have to wait for the broken ones once or twice. */
const patience = 60;

describe("servers that hang, flood and talk garbage", () => {
  let bench: Bench;
  let gateway: Program;
  let url: string;
  let broken: Map<string, Moody>;

  beforeAll(async () => {
    bench = await openBench();
    const toy = await startServer();
    bench.stops.push(() => toy.close(1));
    broken = new Map();
    for (const mood of moods) {
      const moody = await startMoody(toy);
      bench.stops.push(() => moody.close());
      broken.set(mood.replace(" ", "_"), moody);
    }
    gateway = await startGateway(bench.binary, bench.folder, {
      host: "127.0.0.1",
      backends: [
        backendOf("toy", toy),
        ...[...broken].map(([name, moody]) => backendOf(name, moody, { timeout })),
      ],
      auth: { by: "nginx" },
    });
    bench.stops.push(() => gateway.stop());
    url = `http://127.0.0.1:${gateway.port}${vmcp.path}`;
  });
  afterAll(() => bench?.close());

  /** What the gateway says of each server. */
  const healths = async () => {
    const { backends } = (await (
      await fetch(`http://127.0.0.1:${gateway.port}${vmcp.statusPath}`)
    ).json()) as { backends: { name: string; health: string }[] };
    return Object.fromEntries(backends.map(({ name, health }) => [name, health]));
  };
  const become = (what: string, right: (health: string) => boolean) =>
    waitFor(
      { what: `the gateway to call the broken servers ${what}`, deadline: limit, interval: 0.25 },
      async () => {
        const all = await healths();
        return [...broken.keys()].every((name) => right(all[name] ?? "")) ? all : notYet(JSON.stringify(all));
      },
    );
  /** What the gateway does not ask about its health at every round any more, and then does again. */
  const circuits = (state: "OPENED" | "CLOSED") =>
    waitFor({ what: `the circuits to be ${state}`, deadline: limit, interval: 0.25 }, async () => {
      const said = [...gateway.said().matchAll(/"circuit breaker (\w+) [^"]*","backend":"(\w+)"/g)];
      const left = [...broken.keys()].filter(
        (name) => !said.some(([, what, of]) => what === state && of === name),
      );
      return left.length === 0 ? true : notYet(`not of ${left}`);
    });
  const tools = async () => {
    const { client, close } = await connect({ url, era: "2026-07-28" });
    const names = (await client.listTools()).tools.map(({ name }) => name).sort();
    await close();
    return names;
  };

  test("M3 hurt nobody else, are marked, break their circuits, and are back when they work again", async () => {
    await become("healthy", (health) => health === "healthy");
    let working = true;
    /** Calls one after another; each must succeed. */
    const work = async ({ client }: Connection) => {
      for (let a = 1; working; a += 1) {
        const call = { name: "toy_add", arguments: { a, b: 1 } };
        const { content } = await client.callTool(call, { timeout: patience * 1000 });
        expect(content).toMatchObject([{ text: JSON.stringify({ sum: a + 1 }) }]);
      }
    };
    const older = await connect({ url, era: "2025-11-25" });
    for (const [index, moody] of [...broken.values()].entries()) moody.mood = moods[index] ?? "hangs";
    // The first call of this one asks every server for its tools.
    const newer = await connect({ url, era: "2026-07-28" });
    const loops = Promise.all([older, newer].map(work));
    const marked = await become("broken", (health) => !["healthy", "degraded"].includes(health));
    expect(marked.toy).toBe("healthy");
    expect(await tools()).toEqual(["toy_add"]);
    await circuits("OPENED");
    for (const moody of broken.values()) moody.mood = "well";
    await become("well", (health) => ["healthy", "degraded"].includes(health));
    await circuits("CLOSED");
    working = false;
    await loops;
    await Promise.all([older, newer].map(({ close }) => close()));
    expect(await tools()).toEqual(["toy_add", ...[...broken.keys()].map((name) => `${name}_add`)].sort());
    expect(gateway.memory()).toBeLessThan(memoryLimit);
  });
});
