import { expect, test } from "vitest";
import { judged } from "../../../../lab/status/mcp.ts";

const server = {
  name: "redis",
  kind: "container",
  enabled: true,
  federated: true,
  revisions: ["2025-11-25", "2026-07-28"],
  url: "https://sophia.lab/mcp/redis",
} as const;
const good = (...tools: string[]) => ({ ready: true, tools });
const bad = (reason: string) => ({ ready: false, tools: [], reason });
const old = { era: "2025-11-25" } as const;
const modern = { era: "2026-07-28" } as const;
const both = [
  { ...old, ...good("get") },
  { ...modern, ...good("get") },
];
const gateway = [good("redis_get", "memory_read"), good("redis_get", "memory_read")];

test("M4 a server is ready when both revisions and the gateway have its tools", () => {
  expect(judged(server, both, gateway)).toMatchObject({ ready: true, tools: ["get"] });
});

test("M4 one revision that fails is told, by its name", () => {
  const [first] = both;
  if (!first) throw new Error("no probe");
  expect(judged(server, [first, { ...modern, ...bad("no tools/list") }], gateway)).toMatchObject({
    ready: false,
    reason: "2026-07-28: no tools/list",
  });
});

test("M3 a server that the gateway left out is not ready; one that it must leave out is", () => {
  const without = [good("memory_read"), good("memory_read")];
  expect(judged(server, both, without)).toMatchObject({
    ready: false,
    reason: "the gateway does not offer its tools",
  });
  expect(judged({ ...server, federated: false }, both, without)).toMatchObject({ ready: true });
});

test("M3 a gateway that is down takes no server down that has a path of its own", () => {
  expect(judged(server, both, [bad("down"), bad("down")])).toMatchObject({ ready: true });
  const { url: _url, ...remote } = server;
  expect(judged(remote, [], [bad("down"), bad("down")])).toMatchObject({
    ready: false,
    reason: "the gateway does not answer",
  });
});

test("M4 a server without a path of its own has the tools that the gateway offers of it", () => {
  const { url: _url, ...remote } = server;
  expect(judged(remote, [], gateway)).toMatchObject({ ready: true, tools: ["get"] });
});
