import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { Redis } from "../../../components/services/redis/redis.ts";
import { redisSettings } from "../../../components/settings/sections/services.ts";
import { find, mockEngine, registered, resolved } from "./registered.ts";

await mockEngine();

test("S2 Redis takes a client's password of before until the next generation, so that a rotation refuses no client", async () => {
  const digest = (text: string) => `#${createHash("sha256").update(text).digest("hex")}`;
  const generation = async (passwordGeneration?: number) => {
    registered.length = 0;
    const settings = redisSettings.parse({ passwordGeneration });
    const redis = new Redis("r", { settings, namespace: "data", storageClass: "fast" });
    await resolved(redis.host);
    const { stringData } = find("kubernetes:core/v1:Secret", "r-logins") as {
      stringData: { value: Record<string, string> };
    };
    const random = registered.filter(({ type }) => type === "random:index/randomPassword:RandomPassword");
    return {
      used: { default: await resolved(redis.passwords.gateway), mcp: await resolved(redis.passwords.mcp) },
      acl: (stringData.value["users.acl"] ?? "").split("\n"),
      keepers: Object.fromEntries(random.map(({ name, inputs }) => [`password of ${name}`, inputs.keepers])),
    };
  };
  let before = await generation();
  for (const next of [2, 3, 4]) {
    const now = await generation(next);
    for (const [index, login] of (["default", "mcp"] as const).entries()) {
      const [own, previous] = [now.used[login], before.used[login]];
      expect(own).not.toBe(previous);
      expect(now.acl[index]).toContain(`user ${login} reset on ${digest(own)} ${digest(previous)} `);
      // The one that was in use is not made anew.
      expect(now.keepers[previous]).toEqual(before.keepers[previous]);
      expect(now.keepers[own]).not.toEqual(before.keepers[own]);
    }
    before = now;
  }
});
