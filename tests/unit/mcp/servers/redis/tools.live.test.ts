import { describe, expect, onTestFinished, test } from "vitest";
import { openRedis } from "../../../../../mcp/servers/redis/connection.ts";
import { maxmemory, onRedis } from "./serving.ts";

describe("redis", () => {
  const { server, redis, open, serving } = onRedis();
  type Item = { key: string };

  test("M4 every tool is listed; none flushes, and only two change something", async () => {
    const { client } = await serving();
    const { tools } = await client.listTools();
    expect(tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint])).toEqual([
      ["scan_keys", true],
      ["read_key", true],
      ["get_info", true],
      ["get_memory", true],
      ["set_key", false],
      ["delete_keys", false],
    ]);
    expect(JSON.stringify(tools)).not.toMatch(/flush/i);
  });

  test("M4 keys are found in complete pages, by pattern and type", async () => {
    for (let n = 0; n < 1500; n += 1) await redis().command("SET", `session:${n}`, "x", "EX", 100);
    for (let n = 0; n < 20; n += 1) await redis().command("SADD", `rare:${n}`, "x");
    const { ask } = await serving();
    const seen = new Set<string>();
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await ask("scan_keys", { pattern: "session:*", limit: 100, ...(cursor && { cursor }) });
      for (const { key } of page.items as Item[]) seen.add(key);
      expect(page.items.length).toBeLessThan(1200);
      cursor = page.nextCursor;
      pages += 1;
    } while (cursor);
    expect(seen.size).toBe(1500);
    expect(pages).toBeGreaterThan(1);
    const rare = await ask("scan_keys", { pattern: "*", type: "set", limit: 200 });
    expect(rare.items).toHaveLength(20);
    expect(rare.items[0]).toEqual({ key: expect.stringMatching(/^rare:/), type: "set", ttlSeconds: null });
  });

  test("M4 a page holds about as many keys as asked for, however many of them match", async () => {
    const words: string[] = [];
    for (let n = 0; n < 5000; n += 1)
      words.push(`${n % 10 < 3 ? "some" : "other"}:${n}:`.padEnd(200, "x"), "v");
    await redis().command("MSET", ...words);
    const { ask } = await serving();
    for (const limit of [1, 10, 50]) {
      const sizes: number[] = [];
      let cursor: string | undefined;
      while (sizes.length < 15) {
        const page = await ask("scan_keys", { pattern: "some:*", limit, ...(cursor && { cursor }) });
        sizes.push(page.items.length);
        cursor = page.nextCursor;
      }
      expect(Math.max(...sizes), `pages of ${limit}: ${sizes}`).toBeLessThanOrEqual(limit + 40);
    }
  });

  test("M4 a value of every type is read, with its size and time to live", async () => {
    await redis().command("SET", "s", "grüße", "EX", 50);
    await redis().command("SET", "b", Buffer.from([0xff, 0x00]));
    await redis().command("RPUSH", "l", "a", "b");
    await redis().command("SADD", "set", "m");
    await redis().command("ZADD", "z", 1.5, "low", 9, "high");
    await redis().command("HSET", "h", "f", "v", "g", "w");
    await redis().command("XADD", "x", "1-1", "k", "v");
    const { ask } = await serving();
    const values = await Promise.all(
      ["s", "b", "l", "set", "z", "h", "x"].map((key) => ask("read_key", { key })),
    );
    expect(values).toEqual([
      { key: "s", type: "string", size: 7, ttlSeconds: expect.any(Number), value: "grüße" },
      { key: "b", type: "string", size: 2, ttlSeconds: null, value: "base64:/wA=" },
      { key: "l", type: "list", size: 2, ttlSeconds: null, value: ["a", "b"] },
      { key: "set", type: "set", size: 1, ttlSeconds: null, value: ["m"] },
      {
        key: "z",
        type: "zset",
        size: 2,
        ttlSeconds: null,
        value: [
          { member: "low", score: 1.5 },
          { member: "high", score: 9 },
        ],
      },
      { key: "h", type: "hash", size: 2, ttlSeconds: null, value: { f: "v", g: "w" } },
      { key: "x", type: "stream", size: 1, ttlSeconds: null, value: [{ id: "1-1", fields: { k: "v" } }] },
    ]);
  });

  test.each([
    ["list", "RPUSH", (n: number) => [`e${n}`], (value: string[]) => value],
    [
      "zset",
      "ZADD",
      (n: number) => [n, `e${n}`],
      (value: { member: string }[]) => value.map(({ member }) => member),
    ],
    ["set", "SADD", (n: number) => [`e${n}`], (value: string[]) => value],
    ["hash", "HSET", (n: number) => [`e${n}`, "v"], (value: object) => Object.keys(value)],
    [
      "stream",
      "XADD",
      (n: number) => ["*", "e", `e${n}`],
      (value: { fields: { e: string } }[]) => value.map(({ fields }) => fields.e),
    ],
  ])("M4 a long %s is read in pages that join to the whole", async (_type, command, words, names) => {
    for (let n = 0; n < 1000; n += 1) await redis().command(command, "long", ...words(n));
    const { ask, call } = await serving();
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await ask("read_key", { key: "long", limit: 150, ...(cursor && { cursor }) });
      seen.push(...names(page.value));
      cursor = page.nextCursor;
    } while (cursor);
    expect(new Set(seen)).toEqual(new Set(Array.from({ length: 1000 }, (_, n) => `e${n}`)));
    expect((await call("read_key", { key: "long", cursor: "5" })).text).toMatch(
      /not one of ours\. Start again/,
    );
  });

  test("M4 a long text is read in pages, and elements that are too long are refused", async () => {
    const text = Array.from({ length: 9000 }, (_, n) => `${n} `).join("");
    await redis().command("SET", "long", text);
    const { ask, call } = await serving();
    let read = "";
    let cursor: string | undefined;
    do {
      const page = await ask("read_key", { key: "long", ...(cursor && { cursor }) });
      read += page.value;
      cursor = page.nextCursor;
    } while (cursor);
    expect(read).toBe(text);
    await redis().command("RPUSH", "fat", ...Array.from({ length: 30 }, () => "f".repeat(1_000_000)));
    expect((await call("read_key", { key: "fat" })).text).toMatch(
      /^fat holds 30 elements in \d+ bytes, too much for 50 at once\. Ask for fewer/,
    );
    expect((await ask("read_key", { key: "fat", limit: 2 })).value[0]).toMatch(
      /^f{2000}… \(1000000 bytes\)$/,
    );
  });

  test("D3 statistics and memory are told, of the whole and of one key", async () => {
    await redis().command("SET", "k", "v".repeat(1000));
    const { ask, call } = await serving();
    expect(await ask("get_info")).toMatchObject({ role: "master", maxmemory_policy: "allkeys-lru" });
    expect(await ask("get_info", { section: "keyspace" })).toEqual({
      db0: expect.stringMatching(/^keys=1,/),
    });
    const memory = await ask("get_memory");
    expect(memory).toMatchObject({ maximumBytes: maxmemory, policy: "allkeys-lru", keys: 1 });
    expect(memory.usedShare).toBeGreaterThan(0);
    expect((await ask("get_memory", { key: "k" })).bytes).toBeGreaterThan(1000);
    expect((await call("get_memory", { key: "none" })).text).toMatch(/^There is no key none\. `scan_keys`/);
    expect((await call("read_key", { key: "none" })).text).toMatch(/^There is no key none\. `scan_keys`/);
  });

  test("S1 in read-only mode nothing is set or deleted, and the error says who can change that", async () => {
    await redis().command("SET", "k", "v");
    const { call } = await serving();
    for (const [name, args] of [
      ["set_key", { key: "k", value: "w", ttlSeconds: 10 }],
      ["delete_keys", { keys: ["k"] }],
    ] as const)
      expect((await call(name, args)).text).toMatch(/^This server only reads\. .*SOPHIA_REDIS_WRITABLE=1/);
    expect(String(await redis().command("GET", "k"))).toBe("v");
  });

  test("M1 where it may write, a key is set for a time, conditionally, and deleted by name only", async () => {
    const { ask, call } = await serving(true);
    expect(await ask("set_key", { key: "k", value: "v", ttlSeconds: 100 })).toEqual({ key: "k", set: true });
    expect(Number(await redis().command("TTL", "k"))).toBeGreaterThan(90);
    expect(await ask("set_key", { key: "k", value: "w", ttlSeconds: 100, only: "absent" })).toEqual({
      key: "k",
      set: false,
      reason: "the key is not absent",
    });
    expect(String(await redis().command("GET", "k"))).toBe("v");
    expect((await call("set_key", { key: "k", value: "v" })).isError).toBe(true);
    expect(await ask("delete_keys", { keys: ["*", "k"] })).toEqual({ deleted: 1, asked: 2 });
    expect(await redis().command("EXISTS", "k")).toBe(0);
  });

  test("M3 a broken connection is replaced by the next call", async () => {
    const { ask } = await serving();
    await ask("get_info");
    const other = open();
    onTestFinished(() => other.close());
    await other.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await expect.poll(async () => (await ask("get_info")).role, { timeout: 60_000 }).toBe("master");
  });

  test("M3 calls that come together without a connection share a new one", async () => {
    const received = async () =>
      Number(/^total_connections_received:(\d+)/m.exec(String(await redis().command("INFO", "stats")))?.[1]);
    const other = open();
    onTestFinished(() => other.close());
    const together = () => Promise.all(Array.from({ length: 10 }, () => other.command("PING")));
    const before = await received();
    await together();
    expect((await received()) - before).toBe(1);
    await redis().command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await expect.poll(() => other.command("PING").then(String, String), { timeout: 60_000 }).toBe("PONG");
    const again = await received();
    await together();
    expect(await received()).toBe(again);
  });

  test("M3 a Redis that hangs is given up on, and the next call is served", async () => {
    // Enough for a Redis that does not hang, on any machine.
    const hurried = open({ timeout: 2 });
    onTestFinished(() => hurried.close());
    await hurried.command("PING");
    const other = open();
    onTestFinished(() => other.close());
    await other.command("CLIENT", "PAUSE", 4000);
    await expect(hurried.command("GET", "k")).rejects.toThrow(
      /^Redis cannot be reached.*no answer within 2 s/,
    );
    await expect.poll(() => other.command("PING").then(String, String)).toBe("PONG");
    expect(await hurried.command("EXISTS", "k")).toBe(0);
  });

  test("S4 over TLS Redis's certificate is checked", async () => {
    const trusting = open({ url: server().tlsUrl, caFile: server().caFile });
    onTestFinished(() => trusting.close());
    expect(String(await trusting.command("PING"))).toBe("PONG");
    await expect(open({ url: server().tlsUrl }).command("PING")).rejects.toThrow(
      /^Redis cannot be reached.*self.signed certificate/,
    );
  });

  test("S1 a wrong password and an unreachable Redis are different errors, without the password", async () => {
    const wrong = openRedis({ url: server().url, user: "default", password: () => "hush-hush" });
    await expect(wrong.command("PING")).rejects.toThrow(
      /^Redis refused default: WRONGPASS.*Update the stack/,
    );
    await expect(wrong.command("PING")).rejects.not.toThrow(/hush-hush/);
    await expect(open({ password: undefined }).command("PING")).rejects.toThrow(/NOAUTH/);
    await expect(open({ url: "redis://127.0.0.1:9" }).command("PING")).rejects.toThrow(
      /^Redis cannot be reached at 127\.0\.0\.1:9: .*ECONNREFUSED.*Check that it runs/,
    );
  });
});
