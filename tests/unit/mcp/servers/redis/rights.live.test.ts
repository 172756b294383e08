import { describe, expect, test } from "vitest";
import { onRedis } from "./serving.ts";

describe("redis, of keys that its login may not read", () => {
  const { redis, serving } = onRedis();

  test("S1 keys are found beside one of the gateway's, which is counted and not named", async () => {
    for (let n = 0; n < 20; n += 1) await redis().command("SET", `own:${n}`, "x");
    await redis().command("SET", "mcp-gateway:session:3f1c", "the gateway's, in the wrong database");
    const { call, ask } = await serving();
    const { text, isError } = await call("scan_keys", { limit: 100 });
    expect(isError, text).toBeFalsy();
    expect(text).not.toContain("3f1c");
    const page = await ask("scan_keys", { limit: 100 });
    expect(page.items).toHaveLength(20);
    expect(page.notReadable).toBe(1);
    expect(await ask("scan_keys", { pattern: "own:*", limit: 100 })).not.toHaveProperty("notReadable");
  });

  test("S1 a key of the gateway's is not read by its name", async () => {
    await redis().command("SET", "mcp-gateway:session:3f1c", "hush");
    const { call } = await serving();
    for (const name of ["read_key", "get_memory"])
      expect((await call(name, { key: "mcp-gateway:session:3f1c" })).text).toMatch(
        /^Redis refused mcp: NOPERM .*ACL does not allow/,
      );
  });
});
