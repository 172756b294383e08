import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { exchange, type Upstream } from "../../../../../mcp/servers/kit/http.ts";
import { Pace } from "../../../../../mcp/servers/kit/pace.ts";
import { secretFile } from "../../../../../mcp/servers/kit/secret.ts";
import { serve } from "../../../../../mcp/servers/kit/serve.ts";
import { Metrics } from "../../../../../mcp/servers/kit/serving/metrics.ts";
import { cursorFor, cursorState, ToolError, tool } from "../../../../../mcp/servers/kit/tool.ts";
import { calling } from "../../../../support/servers/mcp/calling.ts";

async function answering(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const upstream = (url: string, more: Partial<Upstream> = {}): Upstream => ({
  name: "Moon",
  url,
  headers: () => ({ authorization: "Bearer hush-hush" }),
  secrets: () => ["hush-hush"],
  timeout: 5,
  unreachable: "Look up.",
  ...more,
});

test("M3 a tool that hangs is aborted at its timeout, and the next call is served", async () => {
  let told: unknown;
  const { call, log } = await calling([
    tool({
      name: "hang",
      description: "Hangs.",
      input: z.object({}),
      timeout: 0.05,
      run: (_input, { signal }) =>
        new Promise(() => {
          signal.addEventListener("abort", () => {
            told = signal.reason;
          });
        }),
    }),
    tool({
      name: "rent",
      description: "Hangs, and may have cost something.",
      input: z.object({}),
      timeout: 0.05,
      unfinished: "Look at what is rented.",
      run: () => new Promise(() => undefined),
    }),
    tool({ name: "fine", description: "Answers.", input: z.object({}), run: async () => "yes" }),
  ]);
  expect(await call("hang")).toEqual({
    isError: true,
    text: "hang did not finish within 0.05 s. Ask for less, or try again later.",
  });
  expect(told).toBeInstanceOf(Error);
  expect((await call("rent")).text).toBe("rent did not finish within 0.05 s. Look at what is rented.");
  expect(await call("fine")).toEqual({ isError: false, text: '"yes"' });
  expect(log.join()).toContain("did not finish");
});

test("M4 a tool that changes something says so, and whether that can be undone", async () => {
  const run = async () => null;
  const input = z.object({});
  const { client } = await calling([
    tool({ name: "look", description: "Looks.", input, run }),
    tool({ name: "put", description: "Puts.", input, readOnly: false, run }),
    tool({ name: "burn", description: "Burns.", input, readOnly: false, destructive: true, run }),
  ]);
  const { tools } = await client.listTools();
  expect(tools.map(({ annotations }) => annotations)).toEqual([
    { readOnlyHint: true },
    { readOnlyHint: false, destructiveHint: false },
    { readOnlyHint: false, destructiveHint: true },
  ]);
});

test("M2 metrics name the process's memory", () => {
  const bytes = Number(/^process_resident_memory_bytes (\d+)$/m.exec(new Metrics("toy").text())?.[1]);
  expect(bytes).toBeGreaterThan(10_000_000);
});

test("M2 a readiness check that throws is not ready, and the log says why", async () => {
  const log: string[] = [];
  const server = await serve({
    name: "toy",
    version: "0",
    tools: [],
    port: 0,
    host: "127.0.0.1",
    maxBody: 1000,
    ready: async () => {
      throw new Error("no moon");
    },
    log: (_level, message, fields) => log.push(`${message} ${JSON.stringify(fields)}`),
  });
  onTestFinished(() => server.close(1));
  expect((await fetch(`http://127.0.0.1:${server.port}/readyz`)).status).toBe(503);
  expect(log.join()).toContain("no moon");
});

test("a cursor returns what it was made of; any other is refused with advice", () => {
  const schema = z.strictObject({ at: z.number() });
  expect(cursorState(cursorFor({ at: 3 }), schema)).toEqual({ at: 3 });
  for (const wrong of ["3", "", cursorFor({ at: "x" }), cursorFor({ at: 1, b: 2 }), "%%"])
    expect(() => cursorState(wrong, schema)).toThrow(/is not one of ours\. Start again/);
});

test("an upstream is called with query, body and key, and its answer comes back with status", async () => {
  const seen: unknown[] = [];
  const url = await answering((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      seen.push([request.method, request.url, request.headers.authorization, body]);
      const headers = {
        "retry-after": "Fri, 20 Nov 2026 10:00:07 GMT",
        date: "Fri, 20 Nov 2026 10:00:00 GMT",
      };
      response.writeHead(429, headers).end('{"errors":["slow down, hush-hush"]}');
    });
  });
  const answer = await exchange(upstream(`${url}/v1/`), {
    method: "POST",
    path: "/moon",
    query: { phase: "full", none: undefined },
    body: { a: 1 },
  });
  expect(seen).toEqual([["POST", "/v1/moon?phase=full", "Bearer hush-hush", '{"a":1}']]);
  expect(answer).toMatchObject({ status: 429, retryAfter: 7, json: { errors: [expect.anything()] } });
  expect(answer.said).toBe('{"errors":["slow down, [secret]"]}');
});

test.each<[string, RequestListener, Partial<Upstream>, RegExp]>([
  ["hangs", () => undefined, { timeout: 0.1 }, /^Moon did not answer within 0\.1 s\. Try again/],
  [
    "trickles",
    (_request, response) => {
      response.write("{");
    },
    { timeout: 0.1 },
    /^Moon did not answer within 0\.1 s/,
  ],
  [
    "floods",
    (_request, response) => {
      response.end("x".repeat(5000));
    },
    { maxBytes: 1000 },
    /^Moon answered with more than 1000 bytes\. Ask for less\.$/,
  ],
  [
    "cuts",
    (request) => request.destroy(),
    {},
    /^Moon cannot be reached at http:\/\/127\.0\.0\.1:\d+: .+\. Look up\.$/,
  ],
  [
    "redirects",
    (_request, response) => {
      response.writeHead(302, { location: "http://elsewhere.example/" }).end();
    },
    {},
    /^Moon cannot be reached.*redirect/,
  ],
])("M3 an upstream that %s is an error with advice", async (_what, listener, more, said) => {
  const url = await answering(listener);
  await expect(exchange(upstream(url, more), { path: "/" })).rejects.toThrow(said);
});

test("the pace spaces out requests, and a pause holds for all", async () => {
  let now = 0;
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  const pace = new Pace(2, clock);
  const times: number[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    await pace.turn();
    times.push(now);
  }
  pace.pause(10);
  await pace.turn();
  expect([...times, now]).toEqual([0, 500, 1000, 11_000]);
});

test("S1 a secret that is missing is named, with what to do", () => {
  expect(secretFile("/nowhere/key", "gongAccessKey")).toThrow(
    "The secret gongAccessKey cannot be read. Set gongAccessKey in the stack's ESC environment, and update the stack.",
  );
});

test("M1 what went wrong and what to do are two sentences, also where a vendor ends its own with a full stop", () => {
  expect(new ToolError("Lambda Cloud said: no such key.", "Name another.").message).toBe(
    "Lambda Cloud said: no such key. Name another.",
  );
});
