import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { messageOf } from "../../../components/core/errors.ts";
import { gatewaySessions } from "../../../components/services/redis/logins.ts";
import { atRedis, redisCommands } from "../../support/backupPage.ts";
import { stagePod, stop } from "./redisPod.ts";

const { copy, prepare, exchange, remove } = redisCommands;

describe("Redis, by the runbook for backups", () => {
  const stage = stagePod();
  const inPod = (script: string) =>
    stage.pod.started.ask("sh", ["-ec", atRedis(script, stage.folder, stage.pod.port)]);
  const session = ["-n", String(gatewaySessions.database)];

  test("D4 a copy that was read back is all that Redis has, also after its next restart", async () => {
    stage.pod.ask("set", "kept", "as it was");
    stage.pod.ask("hset", "hash", "field", "value");
    stage.pod.ask("set", "passing", "x", "ex", "3600");
    stage.pod.ask(...session, "set", `${gatewaySessions.prefix}1`, "a session");
    inPod(`exec >${join(stage.folder, "redis.rdb")}; ${copy}`);
    expect(readFileSync(join(stage.folder, "redis.rdb")).subarray(0, 5).toString()).toBe("REDIS");

    stage.pod.ask("set", "kept", "changed");
    stage.pod.ask("del", "hash");
    stage.pod.ask("set", "later", "than the copy");
    stage.pod.ask("flushall");
    stage.pod.ask("set", "later", "than the copy");
    writeFileSync(
      join(stage.folder, "longer.rdb"),
      `${readFileSync(join(stage.folder, "redis.rdb"), "latin1")}more`,
      "latin1",
    );
    expect(() => inPod(`exec <${join(stage.folder, "longer.rdb")}; ${prepare}`)).toThrow(/redis-check-aof/);
    inPod(`exec <${join(stage.folder, "redis.rdb")}; ${prepare}`);
    const ended = once(stage.pod.started.process, "exit");
    try {
      inPod(exchange);
    } catch (error) {
      // The container ends with Redis, mostly before the command has: what counts is what Redis then has.
      expect(messageOf(error)).toContain("Command failed: docker exec");
    }
    await ended;
    await stage.restart();
    expect(stage.pod.ask("get", "kept")).toBe("as it was");
    expect(stage.pod.ask("hget", "hash", "field")).toBe("value");
    expect(Number(stage.pod.ask("ttl", "passing"))).toBeGreaterThan(3000);
    expect(stage.pod.ask(...session, "get", `${gatewaySessions.prefix}1`)).toBe("a session");
    expect(stage.pod.ask("exists", "later")).toBe("0");

    stage.pod.ask("set", "new", "after it was read back");
    await stop(stage.pod, "SIGTERM");
    await stage.restart();
    expect([stage.pod.ask("get", "new"), stage.pod.ask("get", "kept")]).toEqual([
      "after it was read back",
      "as it was",
    ]);
    inPod(remove);
    expect(existsSync(join(stage.folder, "data/before"))).toBe(false);
  });
});
