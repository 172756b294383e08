import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { messageOf } from "../../../components/core/errors.ts";
import { gatewaySessions } from "../../../components/services/redis/logins.ts";
import { atRedis, redisCommands } from "../../support/backupPage.ts";
import { freePort } from "../../support/servers/ports.ts";
import { type Pod, start, stop } from "./redisPod.ts";

const { copy, prepare, exchange, remove } = redisCommands;

describe("Redis, by the runbook for backups", () => {
  let folder: string;
  let pod: Pod;
  const restarted = async () => {
    pod = await start(folder, "redis-0", pod.port, 0);
  };
  const inPod = (script: string) => pod.started.ask("sh", ["-ec", atRedis(script, folder, pod.port)]);
  const session = ["-n", String(gatewaySessions.database)];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "redis-"));
    pod = await start(folder, "redis-0", await freePort(), 0);
  });
  afterAll(async () => {
    await stop(pod, "SIGKILL");
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  test("D4 a copy that was read back is all that Redis has, also after its next restart", async () => {
    pod.ask("set", "kept", "as it was");
    pod.ask("hset", "hash", "field", "value");
    pod.ask("set", "passing", "x", "ex", "3600");
    pod.ask(...session, "set", `${gatewaySessions.prefix}1`, "a session");
    inPod(`exec >${join(folder, "redis.rdb")}; ${copy}`);
    expect(readFileSync(join(folder, "redis.rdb")).subarray(0, 5).toString()).toBe("REDIS");

    pod.ask("set", "kept", "changed");
    pod.ask("del", "hash");
    pod.ask("set", "later", "than the copy");
    pod.ask("flushall");
    pod.ask("set", "later", "than the copy");
    writeFileSync(
      join(folder, "longer.rdb"),
      `${readFileSync(join(folder, "redis.rdb"), "latin1")}more`,
      "latin1",
    );
    expect(() => inPod(`exec <${join(folder, "longer.rdb")}; ${prepare}`)).toThrow(/redis-check-aof/);
    inPod(`exec <${join(folder, "redis.rdb")}; ${prepare}`);
    const ended = once(pod.started.process, "exit");
    try {
      inPod(exchange);
    } catch (error) {
      // The container ends with Redis, mostly before the command has: what counts is what Redis then has.
      expect(messageOf(error)).toContain("Command failed: docker exec");
    }
    await ended;
    await restarted();
    expect(pod.ask("get", "kept")).toBe("as it was");
    expect(pod.ask("hget", "hash", "field")).toBe("value");
    expect(Number(pod.ask("ttl", "passing"))).toBeGreaterThan(3000);
    expect(pod.ask(...session, "get", `${gatewaySessions.prefix}1`)).toBe("a session");
    expect(pod.ask("exists", "later")).toBe("0");

    pod.ask("set", "new", "after it was read back");
    await stop(pod, "SIGTERM");
    await restarted();
    expect([pod.ask("get", "new"), pod.ask("get", "kept")]).toEqual(["after it was read back", "as it was"]);
    inPod(remove);
    expect(existsSync(join(folder, "data/before"))).toBe(false);
  });
});
