import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { freePort } from "../../support/servers/ports.ts";
import { only, render } from "../render.ts";
import { chartValues, type Pod, passwords, start, stop } from "./redisPod.ts";

describe("Redis with the rendered configuration", () => {
  let folder: string;
  let primary: Pod;
  let replica: Pod | undefined;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "redis-"));
    primary = await start(join(folder, "0"), "redis-0", await freePort(), 0);
  });
  afterAll(async () => {
    await stop(replica, "SIGKILL");
    await stop(primary, "SIGKILL");
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  test("D3 runs with the memory, eviction and persistence asked for", () => {
    const setting = (name: string) => primary.ask("config", "get", name).split("\n")[1];
    expect(setting("maxmemory")).toBe(String(64 * 2 ** 20));
    expect(setting("maxmemory-policy")).toBe("allkeys-lru");
    expect(setting("appendonly")).toBe("yes");
  });

  test("S1 refuses whoever has no password", () => {
    const args = ["--tls", "--cacert", primary.caFile, "-p", String(primary.port), "get", "x"];
    expect(primary.started.ask("redis-cli", args, { REDISCLI_AUTH: "" })).toContain("NOAUTH");
  });

  test("S1 no password is in any process's arguments", () => {
    const commandLines = readdirSync("/proc")
      .filter((entry) => /^[0-9]+$/.test(entry))
      .map((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, "utf8");
        } catch {
          return ""; // It ended meanwhile.
        }
      });
    expect(commandLines.join("\n")).toContain("redis-server");
    for (const password of Object.values(passwords)) expect(commandLines.join("\n")).not.toContain(password);
  });

  test("D3 the second pod replicates the first", async () => {
    replica = await start(join(folder, "1"), "redis-1", await freePort(), primary.port);
    primary.ask("set", "replicated", "yes");
    const second = replica;
    const value = await waitFor({ what: "the replica", deadline: 120, interval: 0.1 }, async () => {
      const found = second.ask("get", "replicated");
      if (found !== "yes") throw new Error(`got "${found}"`);
      return found;
    });
    expect(value).toBe("yes");
    expect(second.ask("set", "x", "y")).toContain("READONLY");
  });

  test("D3 a failed snapshot or a long script is no reason for its liveness probe to restart it", async () => {
    const set = only(render("redis", "data", chartValues), "StatefulSet");
    const [, answers] = /livenessProbe.*?grep -qE '([^']+)'/.exec(JSON.stringify(set)) ?? [];
    const isAlive = (answer: string) => new RegExp(answers ?? "none").test(answer);
    const { port } = primary;
    const answering = (wanted: string) =>
      waitFor({ what: `the answer ${wanted}`, deadline: 240, interval: 0.1 }, async () => {
        const answer = primary.ask("ping");
        return answer.startsWith(wanted) ? answer : notYet(answer);
      });
    expect(isAlive("Could not connect to Redis at 127.0.0.1:6379: Connection refused")).toBe(false);

    // In the place of the snapshot, which then cannot be written, as on a full disk.
    const snapshot = join(folder, "0/data/dump.rdb");
    rmSync(snapshot, { force: true });
    mkdirSync(snapshot);
    primary.ask("bgsave");
    expect(isAlive(await answering("MISCONF"))).toBe(true);
    rmSync(snapshot, { recursive: true });
    primary.ask("bgsave");
    expect(isAlive(await answering("PONG"))).toBe(true);

    primary.ask("config", "set", "busy-reply-threshold", "1");
    const ca = readFileSync(primary.caFile, "utf8");
    const socket = connect({ host: "127.0.0.1", port, ca, servername: "localhost" });
    socket.on("error", () => undefined);
    socket.write(`AUTH admin ${passwords.admin}\r\nEVAL "while true do end" 0\r\n`);
    expect(isAlive(await answering("BUSY"))).toBe(true);
    primary.ask("script", "kill");
    socket.destroy();
    await answering("PONG");
  });

  test("D3 nothing is lost when the pod ends, nor what was a second old when it is killed", async () => {
    primary.ask("set", "ordinary", "kept");
    await stop(primary, "SIGTERM");
    primary = await start(join(folder, "0"), "redis-0", primary.port, 0);
    expect(primary.ask("get", "ordinary")).toBe("kept");
    primary.ask("set", "killed", "kept");
    await waitFor({ what: "the append-only file to be on disk", deadline: 120, interval: 0.1 }, async () => {
      if (!/aof_pending_bio_fsync:0/.test(primary.ask("info", "persistence"))) throw new Error("pending");
      return true;
    });
    await stop(primary, "SIGKILL");
    primary = await start(join(folder, "0"), "redis-0", primary.port, 0);
    expect(primary.ask("get", "killed")).toBe("kept");
  });
});
