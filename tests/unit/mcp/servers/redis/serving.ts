import { afterAll, beforeAll, beforeEach } from "vitest";
import { redisLogin } from "../../../../../components/services/redis/logins.ts";
import { openRedis, type Redis } from "../../../../../mcp/servers/redis/connection.ts";
import { redisTools } from "../../../../../mcp/servers/redis/tools.ts";
import { startRedis, type TestRedis } from "../../../../support/servers/databases/redis.ts";
import { calling } from "../../../../support/servers/mcp/calling.ts";

export const maxmemory = 50_000_000;

/** A real Redis for the tests of a file, empty before each of them, and the server's tools on it, with its login's rights. */
export function onRedis() {
  let server: TestRedis;
  let redis: Redis;
  let tools: Record<"mcp" | "mcp-writing", Redis>;
  const open = (more: object = {}) =>
    openRedis({ url: server.url, user: "default", password: () => server.password, ...more });
  beforeAll(async () => {
    const logins = [redisLogin("mcp"), { ...redisLogin("mcp", true), name: "mcp-writing" }];
    server = await startRedis([`maxmemory ${maxmemory}`, "maxmemory-policy allkeys-lru"], logins);
    redis = open();
    tools = { mcp: open({ user: "mcp" }), "mcp-writing": open({ user: "mcp-writing" }) };
  });
  afterAll(async () => {
    await Promise.all([redis, tools.mcp, tools["mcp-writing"]].map((each) => each.close()));
    await server.stop();
  });
  beforeEach(async () => {
    await redis.command("FLUSHALL");
  });
  return {
    open,
    serving: (writable = false) => calling(redisTools(tools[writable ? "mcp-writing" : "mcp"], writable)),
    server: () => server,
    redis: () => redis,
  };
}
