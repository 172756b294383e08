import { expect, test } from "vitest";
import { type GatewayView, judged } from "../../../../mcp/check/judge.ts";

const server = {
  name: "redis",
  enabled: true,
  federated: true,
  revisions: ["2025-11-25", "2026-07-28"],
  url: "https://sophia.lab/mcp/redis",
} as const;
const good = (...tools: string[]) => ({ ready: true, tools });
const bad = (reason: string) => ({ ready: false, tools: [], reason });
const old = { era: "2025-11-25", ms: 30 } as const;
const modern = { era: "2026-07-28", ms: 20 } as const;
const both = [
  { ...old, ...good("get") },
  { ...modern, ...good("get") },
];
const view = (ready: boolean, ...offered: GatewayView["offered"]): GatewayView => ({ ready, offered });
const gateway = view(true, good("redis_get", "memory_read"), good("redis_get", "memory_read"));
const without = view(true, good("memory_read"), good("memory_read"));
const down = view(false, bad("down"), bad("down"));
const names = ["redis", "memory"];

test("M4 a server is ready when both revisions and the gateway have its tools", () => {
  expect(judged(server, both, gateway, names)).toEqual({
    name: "redis",
    ready: true,
    direct: "ok",
    gateway: "ok",
    tools: ["get"],
    ms: 30,
  });
});

test("M4 a revision that fails is reported by name", () => {
  const [first] = both;
  if (!first) throw new Error("no probe");
  expect(judged(server, [first, { ...modern, ...bad("no tools/list") }], gateway, names)).toMatchObject({
    ready: false,
    direct: "failed",
    gateway: "ok",
    reason: "2026-07-28: no tools/list",
  });
});

test("M4 a server that responds with an empty list of tools is not ready", () => {
  const [first] = both;
  if (!first) throw new Error("no probe");
  expect(judged(server, [first, { ...modern, ...good() }], gateway, names)).toMatchObject({
    ready: false,
    direct: "failed",
    reason: "2026-07-28: it lists no tools",
  });
});

test("M3 a server that the gateway left out is not ready; one that it must leave out is", () => {
  expect(judged(server, both, without, names)).toMatchObject({
    ready: false,
    gateway: "failed",
    reason: "the gateway does not offer its tools",
  });
  expect(judged({ ...server, federated: false }, both, without, names)).toMatchObject({
    ready: true,
    gateway: "none",
  });
});

test("M3 a gateway that is down takes no server down that has a path of its own", () => {
  expect(judged(server, both, down, names)).toMatchObject({ ready: true, gateway: "failed" });
  const { url: _url, ...remote } = server;
  expect(judged(remote, [], down, names)).toMatchObject({
    ready: false,
    direct: "none",
    reason: "the gateway does not respond",
  });
});

test("M4 a server without a path of its own has the tools that the gateway offers of it", () => {
  const { url: _url, ...remote } = server;
  expect(judged(remote, [], gateway, names)).toMatchObject({ ready: true, direct: "none", tools: ["get"] });
});

test("M3 where only an identity provider's tokens are accepted, the gateway's own status counts", () => {
  const told = (health: string): GatewayView => ({ ready: true, offered: [], healths: { redis: health } });
  expect(judged(server, both, told("healthy"), names)).toMatchObject({
    ready: true,
    gateway: "ok",
    tools: ["get"],
  });
  expect(judged(server, both, told("unhealthy"), names)).toMatchObject({
    ready: false,
    gateway: "failed",
    reason: "the gateway reports it as unhealthy",
  });
  expect(judged(server, both, told("unverified"), names)).toMatchObject({
    ready: true,
    gateway: "unverified",
  });
  expect(judged(server, both, { ...told("healthy"), healths: {} }, names)).toMatchObject({
    reason: "the gateway reports it as unknown",
  });
});

test("M3 tools of a server whose name begins with another's do not count as that other's", () => {
  const { url: _url, ...here } = server;
  const names = ["snowflake", "snowflake_admin"];
  const only = (...tools: string[]) => view(true, good(...tools), good(...tools));
  const short = { ...here, name: "snowflake" };
  expect(judged(short, [], only("snowflake_admin_grant"), names)).toMatchObject({
    ready: false,
    tools: [],
    reason: "the gateway does not offer its tools",
  });
  const both = only("snowflake_admin_grant", "snowflake_query");
  expect(judged(short, [], both, names)).toMatchObject({ ready: true, tools: ["query"] });
  expect(judged({ ...here, name: "snowflake_admin" }, [], both, names)).toMatchObject({ tools: ["grant"] });
  // Where the longer name does not run, its tools cannot be meant.
  expect(judged(short, [], only("snowflake_admin_grant"), ["snowflake"])).toMatchObject({
    ready: true,
    tools: ["admin_grant"],
  });
});

test("M4 a tool that the catalog names and the server no longer has is a fault, by name and revision", () => {
  const allowing = { ...server, toolAllow: ["get", "scan"] };
  const whole = view(true, good("redis_get", "redis_scan"), good("redis_get", "redis_scan"));
  const has = (...tools: string[]) => [
    { ...old, ...good("get", "scan", "more") },
    { ...modern, ...good(...tools) },
  ];
  expect(judged(allowing, has("get", "scan"), whole, names)).toMatchObject({ ready: true });
  expect(judged(allowing, has("get", "scan_keys"), whole, names)).toMatchObject({
    ready: false,
    direct: "failed",
    gateway: "ok",
    reason: "2026-07-28: it does not list scan: correct its toolAllow in mcp/catalog",
  });
  // The gateway cannot offer what the server lacks: said once.
  expect(judged(allowing, has("get"), gateway, names).reason).not.toContain("gateway");
  // Nothing is filtered where the gateway leaves the server out.
  expect(judged({ ...allowing, federated: false }, has("get"), gateway, names)).toMatchObject({
    ready: true,
  });
});

test("M3 a tool that the server has and the gateway does not offer is the gateway's fault, by name", () => {
  const allowing = { ...server, toolAllow: ["get", "scan"] };
  const lists = both.map((answer) => ({ ...answer, tools: ["get", "scan"] }));
  const late = view(true, good("redis_get", "redis_scan"), good("redis_get"));
  expect(judged(allowing, lists, late, names)).toMatchObject({
    ready: false,
    direct: "ok",
    gateway: "failed",
    reason: "the gateway does not offer scan",
  });
});

test("M4 a vendor's server that offers fewer tools than the catalog names is ready with a warning, as its token may be why", () => {
  const { url: _url, ...here } = server;
  const remote = { ...here, toolAllow: ["get", "put"] };
  expect(judged(remote, [], gateway, names)).toMatchObject({
    ready: true,
    gateway: "ok",
    warning: expect.stringMatching(/^it does not offer put: its token lacks a right, or /),
  });
  expect(judged({ ...remote, toolAllow: ["get"] }, [], gateway, names)).not.toHaveProperty("warning");
  expect(judged(remote, [], without, names)).toMatchObject({ ready: false });
  expect(judged(remote, [], without, names)).not.toHaveProperty("warning");
});
