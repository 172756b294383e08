import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { connect, type Era, probe } from "../../../../../mcp/check/probe.ts";
import { EnvironmentError, readEnvironment } from "../../../../../mcp/servers/kit/environment.ts";
import { type ServeOptions, type Serving, serve } from "../../../../../mcp/servers/kit/serve.ts";
import { page, paging, ToolError, tool } from "../../../../../mcp/servers/kit/tool.ts";

const running: Serving[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((serving) => serving.close(1)));
});

const gate = { open: () => {}, entered: () => {} };
const tools = [
  tool({
    name: "add",
    description: "Add two numbers.",
    input: z.object({ a: z.number(), b: z.number() }),
    run: async ({ a, b }) => ({ sum: a + b }),
  }),
  tool({
    name: "count",
    description: "Count up.",
    input: z.object(paging),
    run: async (input) =>
      page(
        Array.from({ length: 120 }, (_, index) => index),
        input,
      ),
  }),
  tool({
    name: "refuse",
    description: "Always fails in a way one can mend.",
    input: z.object({}),
    run: async () => {
      throw new ToolError("The moon is full", "Try tomorrow.");
    },
  }),
  tool({
    name: "flood",
    description: "Says too much.",
    input: z.object({}),
    run: async () => "x".repeat(200_000),
  }),
  tool({
    name: "hang",
    description: "Waits for a gate.",
    input: z.object({}),
    run: async () => {
      await new Promise<void>((open) => {
        gate.open = open;
        gate.entered();
      });
      return { through: true };
    },
  }),
];

async function start(options: Partial<ServeOptions> = {}) {
  const log: string[] = [];
  const serving = await serve({
    name: "toy",
    version: "1.0.0",
    tools,
    port: 0,
    host: "127.0.0.1",
    maxBody: 100_000,
    log: (_level, message, fields) => log.push(`${message} ${JSON.stringify(fields ?? {})}`),
    ...options,
  });
  running.push(serving);
  return { url: `http://127.0.0.1:${serving.port}`, log, serving };
}

const eras: Era[] = ["2025-11-25", "2026-07-28"];

test.each(eras)("M4 a real client of revision %s lists and calls tools", async (era) => {
  const { url } = await start();
  const { client, version, close } = await connect({ url: `${url}/mcp`, era });
  expect(version).toBe(era);
  expect((await client.listTools()).tools.map((each) => each.name)).toContain("add");
  const result = await client.callTool({ name: "add", arguments: { a: 2, b: 3 } });
  expect(JSON.parse((result.content as { text: string }[])[0]?.text ?? "")).toEqual({ sum: 5 });
  await close();
});

test("a list is returned in complete pages, and a foreign cursor is refused with advice", async () => {
  const { url } = await start();
  const { client, close } = await connect({ url: `${url}/mcp`, era: "2026-07-28" });
  const call = async (args: Record<string, unknown>) => {
    const result = await client.callTool({ name: "count", arguments: args });
    return { isError: result.isError, text: (result.content as { text: string }[])[0]?.text ?? "" };
  };
  const seen: number[] = [];
  let cursor: string | undefined;
  do {
    const body = JSON.parse((await call({ limit: 50, ...(cursor && { cursor }) })).text);
    seen.push(...body.items);
    cursor = body.nextCursor;
  } while (cursor);
  expect(seen).toEqual(Array.from({ length: 120 }, (_, index) => index));
  expect(await call({ cursor: "page-2" })).toMatchObject({
    isError: true,
    text: expect.stringContaining("Start again"),
  });
  await close();
});

test("a failing tool, one with too long an output and an unknown one are errors for the caller, not for the server", async () => {
  const { url, log } = await start();
  const { client, close } = await connect({ url: `${url}/mcp`, era: "2026-07-28" });
  const said = async (name: string) => {
    const result = await client.callTool({ name, arguments: {} });
    return `${result.isError} ${(result.content as { text: string }[])[0]?.text}`;
  };
  expect(await said("refuse")).toBe("true The moon is full. Try tomorrow.");
  expect(await said("flood")).toMatch(
    /^true The answer has 2000\d\d characters, more than 100000\. Narrow the question/,
  );
  await expect(said("nonsense")).rejects.toThrow(/nonsense/);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('mcp_tool_calls_total{server="toy",tool="refuse"} 1');
  expect(metrics).toContain('mcp_tool_errors_total{server="toy",tool="refuse"} 1');
  expect(log.join("\n")).toContain("The moon is full");
  await close();
});

test("S1 only known bearer tokens are accepted; the file is read again after a rotation", async () => {
  const tokensFile = join(mkdtempSync(join(tmpdir(), "tokens-")), "tokens");
  writeFileSync(tokensFile, "first\nsecond\n");
  const { url, log } = await start({ tokensFile });
  const ready = async (token?: string) =>
    (await probe({ url: `${url}/mcp`, era: "2026-07-28", ...(token && { token }) })).ready;
  expect([await ready("first"), await ready("second"), await ready("third"), await ready()]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  writeFileSync(tokensFile, "third\n");
  expect([await ready("first"), await ready("third")]).toEqual([false, true]);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(log.join()).not.toContain("third");
});

test("W3 a running call is completed after SIGTERM, while new ones are refused", async () => {
  const { url, serving } = await start();
  const entered = new Promise<void>((resolve) => {
    gate.entered = resolve;
  });
  const { client, close } = await connect({ url: `${url}/mcp`, era: "2025-11-25" });
  const call = client.callTool({ name: "hang", arguments: {} });
  await entered;
  const closed = serving.close(30);
  await expect(
    new Promise((resolve, reject) => {
      request(`${url}/healthz`, { agent: false }, resolve).on("error", reject).end();
    }),
  ).rejects.toThrow(/ECONNREFUSED|reset|hang up/);
  gate.open();
  expect((await call).content).toEqual([{ type: "text", text: expect.stringContaining("through") }]);
  await closed;
  await close();
});

test("W3 a client that only waits for changes does not keep a server from ending", {
  timeout: 300_000,
}, async () => {
  const { url, serving } = await start();
  const { client, close } = await connect({ url: `${url}/mcp`, era: "2026-07-28" });
  const subscription = await client.listen({ toolsListChanged: true });
  expect(subscription.honoredFilter).toEqual({ toolsListChanged: true });
  await serving.close(3600);
  expect(await subscription.closed).toBe("remote");
  await close();
});

test("W3 a connection without a request does not keep a server from ending", {
  timeout: 300_000,
}, async () => {
  const { serving } = await start();
  const socket = createConnection({ host: "127.0.0.1", port: serving.port });
  await once(socket, "connect");
  const ended = once(socket, "close");
  // It has accepted a connection once it answers on a later one.
  await fetch(`http://127.0.0.1:${serving.port}/healthz`);
  await serving.close(3600);
  await ended;
});

test("a server that is not ready reports it and stays healthy", async () => {
  const { url } = await start({ ready: async () => false });
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
});

test("W5 a missing variable is named, all of them at once, and empty counts as missing", () => {
  const schema = z.object({ API_URL: z.url(), RETRIES: z.coerce.number().int(), NAME: z.string() });
  const read = () => readEnvironment("toy", schema, { API_URL: "", NAME: "x", PORT: "http" });
  expect(read).toThrow(EnvironmentError);
  expect(read).toThrow(/API_URL: is not set/);
  expect(read).toThrow(/RETRIES: is not set/);
  expect(read).toThrow(/PORT: is not a number/);
  expect(readEnvironment("toy", schema, { API_URL: "http://a", RETRIES: "3", NAME: "x" })).toMatchObject({
    RETRIES: 3,
    PORT: 8080,
  });
});

test("a probe of nothing says why", async () => {
  const result = await probe({ url: "http://127.0.0.1:9/mcp", era: "2025-11-25", timeout: 2 });
  expect(result).toMatchObject({
    ready: false,
    tools: [],
    reason: expect.stringMatching(/ECONNREFUSED|bad port|fetch/),
  });
});
