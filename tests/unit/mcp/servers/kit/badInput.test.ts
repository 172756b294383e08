import { request } from "node:http";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { connect, type Era, probe } from "../../../../../mcp/check/probe.ts";
import { type Serving, serve } from "../../../../../mcp/servers/kit/serve.ts";
import { tool } from "../../../../../mcp/servers/kit/tool.ts";

const running: Serving[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((serving) => serving.close(1)));
});

/** A server with a tool that counts how often it ran. */
async function start(maxBody = 100_000) {
  const log: string[] = [];
  let runs = 0;
  const add = tool({
    name: "add",
    description: "Add two numbers.",
    input: z.object({ a: z.number(), b: z.number().max(5) }),
    run: async ({ a, b }) => {
      runs += 1;
      return { sum: a + b };
    },
  });
  const serving = await serve({
    name: "toy",
    version: "1.0.0",
    tools: [add],
    port: 0,
    host: "127.0.0.1",
    maxBody,
    log: (level, message, fields) => log.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`),
  });
  running.push(serving);
  return { url: `http://127.0.0.1:${serving.port}`, log, runs: () => runs };
}

const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const send = (url: string, body: string, more: Record<string, string> = {}) =>
  fetch(`${url}/mcp`, { method: "POST", headers: { ...headers, ...more }, body });
const message = (fields: object) => JSON.stringify({ jsonrpc: "2.0", id: 1, ...fields });
const eras: Era[] = ["2025-11-25", "2026-07-28"];
const deep = `${"[".repeat(40_000)}${"]".repeat(40_000)}`;

test.each([
  ["nothing at all", "", 400],
  ["malformed JSON", "{oops", 400],
  ["bytes that are no text", "\u0000\u0001", 400],
  ["brackets that never close", "[".repeat(50_000), 400],
  ["a number", "7", 400],
  ["an object that is no message", "{}", 400],
  ["an array of nothing", "[]", 400],
  ["another version of JSON-RPC", JSON.stringify({ jsonrpc: "1.0", id: 1, method: "tools/list" }), 400],
  ["a message without a method", message({}), 400],
  ["an id that is none", message({ id: {}, method: "tools/list" }), 400],
  ["a body over the bound", message({ method: "x", params: { p: "y".repeat(300_000) } }), 413],
  ["a body of 10 MB", message({ method: "x".repeat(10_000_000) }), 413],
])(
  "M3 bad input: %s is refused for clients of both revisions, and the next one is served",
  async (_what, body, status) => {
    const { url, log } = await start();
    for (const era of [undefined, ...eras]) {
      const response = await send(url, body, era && { "mcp-protocol-version": era });
      expect([era, response.status]).toEqual([era, status]);
      await response.body?.cancel();
    }
    expect(log.filter((line) => line.startsWith("error"))).toEqual([]);
    expect(await probe({ url: `${url}/mcp`, era: "2026-07-28" })).toMatchObject({ ready: true });
  },
);

test.each([
  ["a method that does not exist", message({ method: "nothing/at/all" }), -32601],
  ["a call without parameters", message({ method: "tools/call" }), -32602],
  ["a call of a tool by a number", message({ method: "tools/call", params: { name: 7 } }), -32602],
  ["a call of an unknown tool", message({ method: "tools/call", params: { name: "nobody" } }), -32602],
  [
    "a method with parameters in 40,000 arrays",
    message({ method: "x" }).replace("}", `,"params":{"a":${deep}}}`),
    -32601,
  ],
])("M3 bad input: %s is answered with JSON-RPC's error, and runs nothing", async (_what, body, code) => {
  const { url, log, runs } = await start();
  const text = await (await send(url, body)).text();
  expect(text).toContain(`"code":${code}`);
  expect(runs()).toBe(0);
  expect(log.filter((line) => line.startsWith("error"))).toEqual([]);
});

test.each(eras)(
  "M3 M4 to a client of %s wrong arguments are an error that names each of them and what is expected",
  async (era) => {
    const { url, runs } = await start();
    const { client, close } = await connect({ url: `${url}/mcp`, era });
    const said = async (args: Record<string, unknown>) => {
      const { isError, content } = await client.callTool({ name: "add", arguments: args });
      return `${isError} ${(content as { text: string }[])[0]?.text}`;
    };
    expect(await said({ a: "x" })).toMatch(/^true .*\badd: a: .*expected number.*, b: .*expected number/);
    expect(await said({ a: 1, b: 9 })).toMatch(/^true .*b: Too big: expected number to be <=5/);
    expect(runs()).toBe(0);
    await expect(client.callTool({ name: "nobody", arguments: {} })).rejects.toThrow(/nobody/);
    expect(await said({ a: 1, b: 2 })).toBe('undefined {"sum":3}');
    await close();
  },
);

test("M3 bad input: another method, another type of content, and a path that is none are refused", async () => {
  const { url, log } = await start();
  const { port } = new URL(url);
  const statusOf = (method: string, path: string, more: Record<string, string> = {}) =>
    new Promise<number | undefined>((resolve, reject) => {
      const asked = request({
        host: "127.0.0.1",
        port,
        method,
        path,
        headers: { ...headers, ...more },
        agent: false,
      });
      asked.on("error", reject).on("response", (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.end();
    });
  for (const method of ["GET", "PUT", "DELETE"])
    expect([method, await statusOf(method, "/mcp")]).toEqual([method, 405]);
  expect(await statusOf("POST", "/mcp", { "content-type": "text/plain" })).toBe(415);
  for (const path of ["//", "//[", "/mcp/../nowhere", "/%ff"])
    expect([path, await statusOf("POST", path)]).toEqual([path, 404]);
  expect(log.filter((line) => line.startsWith("error"))).toEqual([]);
});

test("a body above the SDK's own limit is read where the server's allows it", async () => {
  const body = message({ method: "x", params: { p: "y".repeat(5_000_000) } });
  expect((await send((await start(6_000_000)).url, body)).status).not.toBe(413);
  expect((await send((await start()).url, body)).status).toBe(413);
});
