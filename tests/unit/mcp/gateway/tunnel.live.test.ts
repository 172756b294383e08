import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { redisLogin } from "../../../../components/services/redis/logins.ts";
import { openRedis } from "../../../../mcp/servers/redis/connection.ts";
import { certificateIn } from "../../../support/servers/certificate.ts";
import { startRedis, type TestRedis } from "../../../support/servers/databases/redis.ts";
import { startTunnel, type TestTunnel } from "../../../support/servers/tunnel.ts";

let folder: string;
let redis: TestRedis;
const tunnels: TestTunnel[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tunnel-"));
  redis = await startRedis([], [redisLogin("default")]);
});
afterAll(async () => {
  await Promise.all(tunnels.map((tunnel) => tunnel.stop()));
  await redis?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A tunnel to that Redis, and what it answers through it. */
async function through(host: string, caFile: string) {
  const to = { host, address: "127.0.0.1", port: Number(new URL(redis.tlsUrl).port) };
  const tunnel = await startTunnel(folder, to, readFileSync(caFile, "utf8"));
  tunnels.push(tunnel);
  const client = openRedis({
    url: `redis://127.0.0.1:${tunnel.port}`,
    user: "default",
    password: () => redis.password,
  });
  const answer = await client.command("PING").catch((error: Error) => error.message);
  await client.close();
  return { answer, log: tunnel.log };
}

test("S4 what a gateway says in its pod arrives at a Redis that it trusts, over TLS", async () => {
  const { answer, log } = await through("localhost", redis.caFile);
  expect([answer, log()]).toEqual(["PONG", ""]);
});

test("S4 a Redis with another certificate hears nothing of a gateway, nor one with another name", async () => {
  const { certificate } = certificateIn(mkdtempSync(join(folder, "other-")), "127.0.0.1", ["DNS:localhost"]);
  const stranger = await through("localhost", certificate);
  expect(stranger.answer).toMatch(/cannot be reached/);
  await expect.poll(stranger.log).toMatch(/certificate verify error: \(18:self-signed certificate\)/);
  const renamed = await through("redis.data.svc", redis.caFile);
  expect(renamed.answer).toMatch(/cannot be reached/);
  await expect.poll(renamed.log).toMatch(/certificate does not match "redis.data.svc"/);
});
