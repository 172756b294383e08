import { expect, test } from "vitest";
import { z } from "zod";
import { type Call, HttpClient } from "../../../components/core/http/client.ts";
import { ApiError, RateLimited, ServerFault, Untrusted } from "../../../components/core/http/errors.ts";
import { retryAfterOf } from "../../../components/core/http/retryAfter.ts";
import type { Clock } from "../../../components/core/wait.ts";
import { createClient } from "../../../data/estuary/client/client.ts";
import { retryAfterOf as ofExtractor } from "../../../data/gong/source/retryAfter.ts";

const vendor = { name: "Vendor", addressSetting: "vendor.url" };
const password = "pa55word";

/** Replies one by one; the last one repeats. */
function serverOf(replies: (Response | Error)[]) {
  const state = { requests: 0, pauses: [] as number[] };
  const reply = () => {
    const next = replies[Math.min(state.requests, replies.length - 1)];
    state.requests += 1;
    if (next instanceof Error) throw next;
    return next?.clone() as Response;
  };
  let now = 0;
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  };
  const client = new HttpClient({
    vendor,
    secrets: ["key"],
    retryDeadline: 30,
    errorFor: ({ call, status, text }) =>
      new (status === 429 ? RateLimited : ApiError)(vendor, { call, status, message: text }),
    onRateLimited: async (seconds) => void state.pauses.push(seconds),
    clock,
    fetch: async () => reply(),
  });
  return { client, state, clock, fetch: async () => reply() };
}

const call: Call<{ ok: boolean }> = {
  name: "GET /thing",
  method: "GET",
  url: "https://vendor.example/thing",
  schema: z.object({ ok: z.boolean() }),
  retry: "unsent",
  secrets: [password],
};
const certificate = new TypeError("fetch failed", {
  cause: Object.assign(new Error("certificate has expired"), { code: "CERT_HAS_EXPIRED" }),
});

test("a reply that is not JSON or has another shape is a server fault, quoted without secrets", async () => {
  const shape = serverOf([Response.json({ ok: "yes" })]);
  await expect(shape.client.call(call)).rejects.toThrow(/^Vendor GET \/thing: .*not as documented: ok: /);
  const page = serverOf([new Response(`<html>key ${password}`)]);
  const failure: unknown = await page.client.call(call).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ServerFault);
  expect(String(failure)).toContain("reply is not JSON: <html>[secret] [secret]");
  expect(page.state.requests).toBe(1);
});

test("after a 429 Retry-After is honoured, and the call is repeated", async () => {
  const limited = (headers: Record<string, string>) => new Response("slow down", { status: 429, headers });
  const { client, state } = serverOf([
    limited({ "retry-after": "7" }),
    limited({ "retry-after": "Fri, 20 Nov 2026 10:00:09 GMT", date: "Fri, 20 Nov 2026 10:00:00 GMT" }),
    limited({}),
    Response.json({ ok: true }),
  ]);
  expect(await client.call(call)).toEqual({ ok: true });
  expect(state).toEqual({ requests: 4, pauses: [7, 9, 0] });
});

test.each([retryAfterOf, ofExtractor])(
  "Retry-After is a number, or a date by the server's clock",
  (parse) => {
    const at = (text: string, date?: string) =>
      parse(new Headers({ "retry-after": text, ...(date !== undefined && { date }) }));
    expect(["0", "7", " 2.5 "].map((text) => at(text))).toEqual([0, 7, 2.5]);
    const date = "Fri, 20 Nov 2026 10:00:00 GMT";
    expect(at("Fri, 20 Nov 2026 11:00:00 GMT", date)).toBe(3600);
    expect(at("Fri, 20 Nov 2026 09:00:00 GMT", date)).toBe(0);
    expect(at(new Date(Date.now() + 900_000).toUTCString())).toBeGreaterThan(60);
    expect(["", "soon", "-1", "1e3"].map((text) => at(text))).toEqual(Array(4).fill(undefined));
    expect(parse(new Headers())).toBeUndefined();
  },
);

test("an untrusted certificate is a permanent failure of every vendor: nothing is retried", async () => {
  const { client, state } = serverOf([certificate]);
  await expect(client.call({ ...call, retry: "safe" })).rejects.toThrow(
    "Vendor GET /thing: https://vendor.example presents a certificate that is not trusted: certificate has expired (CERT_HAS_EXPIRED) — check vendor.url",
  );
  expect(state.requests).toBe(1);

  const estuary = serverOf([certificate]);
  const api = createClient({
    agentUrl: "https://agent.example",
    restUrl: "https://rest.example",
    encryptionUrl: "https://encryption.example",
    apiKey: "key",
    retryDeadline: 30,
    clock: estuary.clock,
    fetch: estuary.fetch,
  });
  await expect(api.drafts()).rejects.toBeInstanceOf(Untrusted);
  expect(estuary.state.requests).toBe(1);
});
