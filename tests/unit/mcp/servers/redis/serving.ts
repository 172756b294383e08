import { afterAll, beforeAll, beforeEach } from "vitest";
import { openRedis, type Redis } from "../../../../../mcp/servers/redis/connection.ts";
import { redisTools } from "../../../../../mcp/servers/redis/tools.ts";
import { startRedis, type TestRedis } from "../../../../support/servers/databases/redis.ts";
import { calling } from "../../../../support/servers/mcp/calling.ts";

export const maxmemory = 50_000_000;

/** A real Redis for the tests of a file, empty before each of them, and the server's tools on it. */
export function onRedis() {
  let server: TestRedis;
  let redis: Redis;
  const open = (more: object = {}) =>
    openRedis({ url: server.url, user: "default", password: () => server.password, ...more });
  beforeAll(async () => {
    server = await startRedis([`maxmemory ${maxmemory}`, "maxmemory-policy allkeys-lru"]);
    redis = open();
  });
  afterAll(async () => {
    await redis.close();
    await server.stop();
  });
  beforeEach(async () => {
    await redis.command("FLUSHALL");
  });
  return {
    open,
    serving: (writable = false) => calling(redisTools(redis, writable)),
    server: () => server,
    redis: () => redis,
  };
}
