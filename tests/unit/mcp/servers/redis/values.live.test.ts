import { describe, expect, test } from "vitest";
import { onRedis } from "./serving.ts";

describe("redis: values", () => {
  const { redis, serving } = onRedis();

  test("M4 pages of a long text join to the text, wherever a character of several bytes lies", async () => {
    const { ask } = await serving();
    for (const before of ["", "a", "ab", "abc"]) {
      const text = `\ufeff${before}${"🦉".repeat(12_000)}`;
      await redis().command("SET", "long", text);
      let [joined, cursor]: [string, string | undefined] = ["", undefined];
      do {
        const page = await ask("read_key", { key: "long", ...(cursor && { cursor }) });
        joined += page.value;
        cursor = page.nextCursor;
      } while (cursor);
      expect(joined === text, `behind ${before}`).toBe(true);
    }
    await redis().command("SET", "bytes", Buffer.alloc(30_000, 0xf0));
    const first = await ask("read_key", { key: "bytes" });
    const second = await ask("read_key", { key: "bytes", cursor: first.nextCursor });
    const decoded = [first, second].map(({ value }) => Buffer.from(value.replace(/^base64:/, ""), "base64"));
    expect(Buffer.concat(decoded).equals(Buffer.alloc(30_000, 0xf0))).toBe(true);
  });

  test("M4 infinite scores are shown", async () => {
    await redis().command("ZADD", "z", "-inf", "never", 0.5, "half", "inf", "always");
    const { ask } = await serving();
    expect((await ask("read_key", { key: "z" })).value).toEqual([
      { member: "never", score: "-inf" },
      { member: "half", score: 0.5 },
      { member: "always", score: "inf" },
    ]);
  });
});
