import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import {
  gatewaySessions,
  type RedisLoginName,
  redisLoginNames,
} from "../../../components/services/redis/logins.ts";
import { openRedis } from "../../../mcp/servers/redis/connection.ts";
import { passwords, stagePod, stop, writeLogins } from "./redisPod.ts";

const session = `${gatewaySessions.prefix}3f1c`;
const refused = /NOPERM/;

describe("Redis's logins", () => {
  const stage = stagePod();
  /** What Redis answers a login to each of some commands, on one connection. */
  const answers = async (login: RedisLoginName, commands: string[][], password = passwords[login]) => {
    const url = `rediss://localhost:${stage.pod.port}`;
    const redis = openRedis({ url, user: login, password: () => password, caFile: stage.pod.caFile });
    const said: [string[], string][] = [];
    for (const words of commands)
      said.push([words, String(await redis.command(...words).catch((error: Error) => error.message))]);
    await redis.close();
    return said;
  };
  const all = (commands: string[][], answer: RegExp) =>
    commands.map((words) => [words, expect.stringMatching(answer)]);
  beforeEach(() => {
    stage.pod.ask("flushall");
    stage.pod.ask("-n", String(gatewaySessions.database), "set", session, "the gateway's");
    stage.pod.ask("set", session, "the gateway's, in the wrong database");
    stage.pod.ask("set", "greeting", "hello");
  });

  test("S1 each enters with its own password only, and there are no others", async () => {
    const asked = [["config", "get", "maxmemory"]];
    for (const login of redisLoginNames) {
      for (const other of redisLoginNames.filter((name) => name !== login))
        expect(await answers(login, asked, passwords[other])).toEqual(all(asked, /WRONGPASS/));
      expect(await answers(login, asked)).toEqual(all(asked, login === "admin" ? /^maxmemory/ : refused));
    }
    expect(stage.pod.ask("acl", "users").split("\n").sort()).toEqual([...redisLoginNames].sort());
    expect(stage.pod.ask("acl", "list")).not.toContain("nopass");
  });

  test("D3 S1 the MCP server's login reads what its tools show, and none of the gateway's sessions", async () => {
    expect(await answers("mcp", [["getrange", "greeting", "0", "-1"]])).toEqual(
      all([["getrange", "greeting", "0", "-1"]], /^hello$/),
    );
    const kept = [
      ["getrange", session, "0", "-1"],
      ["memory", "usage", session],
      ["type", session],
      ["select", String(gatewaySessions.database)],
      ["get", "greeting"],
      ["set", "greeting", "changed"],
      ["unlink", "greeting"],
      ["eval", "return redis.call('strlen', KEYS[1])", "1", session],
      ["copy", session, "mine", "db", "0"],
      ["move", "greeting", "1"],
      ["swapdb", "0", "1"],
      ["acl", "list"],
      ["config", "get", "*"],
      ["client", "list"],
      ["slowlog", "get"],
      ["monitor"],
      ["psync", "?", "-1"],
      ["flushall"],
      ["shutdown", "nosave"],
    ];
    expect(await answers("mcp", kept)).toEqual(all(kept, refused));
    const [[, names] = []] = await answers("mcp", [["scan", "0", "count", "100"]]);
    expect(names).toContain("greeting");
    expect(stage.pod.ask("get", "greeting")).toBe("hello");
  });

  test("S1 of all names, those that begin as the gateway's do are kept from the MCP server, and no other", async () => {
    const { prefix } = gatewaySessions;
    const beginnings = Array.from({ length: prefix.length }, (_, length) => prefix.slice(0, length + 1));
    const own = beginnings.filter((beginning) => !beginning.startsWith("mcp-gateway:"));
    const near = own.flatMap((beginning) => [beginning, `${beginning}*`, `${beginning}]`, `${beginning}\n`]);
    const random = Array.from({ length: 500 }, () => randomBytes(6).toString("base64"));
    const lengths = (keys: string[]) => keys.map((key) => ["strlen", key]);
    const open = lengths([...near, ...random, "MCP-GATEWAY:session:1", "x:mcp-gateway:session:1", "-"]);
    expect(await answers("mcp", open)).toEqual(all(open, /^0$/));
    const kept = lengths(["mcp-gateway:", "mcp-gateway:x", ...beginnings.slice(own.length)]);
    expect(await answers("mcp", kept)).toEqual(all(kept, refused));
  });

  test("S1 the gateway's login, which has no name, keeps to its sessions", async () => {
    const said = await answers("default", [
      ["select", String(gatewaySessions.database)],
      ["getex", session, "ex", "60"],
      ["set", session, "x", "ex", "60", "xx"],
      ["del", session],
    ]);
    expect(said.map(([, answer]) => answer)).toEqual(["OK", "the gateway's", "OK", "1"]);
    const kept = [
      ["set", "greeting", "x"],
      ["getex", "greeting"],
      ["select", "2"],
      ["keys", "*"],
      ["scan", "0"],
      ["info"],
      ["acl", "list"],
      ["config", "get", "*"],
    ];
    expect(await answers("default", kept)).toEqual(all(kept, refused));
  });

  test("S1 a probe may ask whether Redis answers, and a replica and a backup for a copy, none of them for a key", async () => {
    const kept = [["get", "greeting"], ["info"], ["scan", "0"], ["acl", "list"]];
    for (const login of ["probe", "replica", "backup"] as const)
      expect(await answers(login, kept)).toEqual(all(kept, refused));
  });

  test("D3 new passwords and rights are Redis's after its restart, which loses no key", async () => {
    await stop(stage.pod, "SIGTERM");
    const before = passwords.mcp;
    passwords.mcp = randomBytes(16).toString("hex");
    await stage.restart();
    const read = [["getrange", "greeting", "0", "-1"]];
    expect(await answers("mcp", read)).toEqual(all(read, /^hello$/));
    expect(await answers("mcp", read, before)).toEqual(all(read, /WRONGPASS/));
    writeLogins(stage.folder, false, { mcp: before });
    expect(stage.pod.ask("acl", "load")).toBe("OK");
    for (const password of [passwords.mcp, before])
      expect(await answers("mcp", read, password)).toEqual(all(read, /^hello$/));
    // What the next Secret would hold.
    writeLogins(stage.folder, true);
    expect(stage.pod.ask("acl", "load")).toBe("OK");
    const changes = [
      ["set", "greeting", "changed", "ex", "60"],
      ["unlink", "greeting"],
      ["set", session, "x"],
    ];
    const said = (await answers("mcp", changes)).map(([, answer]) => answer);
    expect(said).toEqual(["OK", "1", expect.stringMatching(refused)]);
  });

  test("D3 an administrator copies the whole of Redis", () => {
    const file = join(stage.folder, "copy.rdb");
    const copy = stage.pod.ask("--rdb", file);
    expect(copy).not.toMatch(/error|fail/i);
    expect(stage.pod.started.ask("head", ["-c", "5", file])).toBe("REDIS");
  });
});
