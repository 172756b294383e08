import { expect, test } from "vitest";
import { contentHash } from "../../../../components/core/digest.ts";
import type { ServerCheck } from "../../../../mcp/check/judge.ts";
import { advice, faultsOf, linesOf } from "../../../../mcp/check/report.ts";
import { checkPlan, checkToken } from "../../../../mcp/checkJob.ts";

const good: ServerCheck = { name: "redis", ready: true, direct: "ok", gateway: "ok", tools: ["get"], ms: 12 };
const bad: ServerCheck = {
  ...good,
  name: "memory",
  ready: false,
  direct: "failed",
  reason: "2025-11-25: no answer",
};

test("M4 there is a line for each server, and each problem is reported by name", () => {
  expect(linesOf([good]).map((line) => JSON.parse(line))).toEqual([
    { name: "redis", direct: "ok", gateway: "ok", tools: 1, ms: 12 },
  ]);
  const [line = ""] = linesOf([{ ...good, warning: "it does not offer put" }]);
  expect(JSON.parse(line)).toMatchObject({ warning: "it does not offer put" });
  expect(faultsOf({ servers: [good, bad], gateway: { ready: true, offered: [] } })).toEqual([
    "memory: 2025-11-25: no answer",
  ]);
  expect(faultsOf({ servers: [good], gateway: { ready: false, offered: [], reason: "down" } })).toEqual([
    "the gateway: down",
  ]);
});

test("M4 a failed check's message fits into Kubernetes's termination message, and says what to do", () => {
  const said = advice(
    Array.from({ length: 23 }, (_, index) => `server_${index}: ${"why ".repeat(100)}`),
    45,
  );
  expect(Buffer.byteLength(said)).toBeLessThanOrEqual(2048);
  expect(said).toContain("server_0: why");
  expect(said).toMatch(/and \d+ more\n.*update the stack/);
  expect(advice(["memory: gone"], 45)).toContain("  memory: gone\n");
});

test("M4 only enabled servers are checked, at their own path where they have one", () => {
  const base = { kind: "container", federated: true, revisions: ["2026-07-28"] } as const;
  const reach = { address: "nginx.ingress.svc", certificate: "a certificate" };
  const plan = checkPlan({
    hostname: "sophia.test",
    servers: [
      { ...base, name: "redis", enabled: true, path: "/mcp/redis" },
      { ...base, name: "github", enabled: true, toolAllow: ["get_me"] },
      { ...base, name: "slack", enabled: false, reason: "no token" },
    ],
    oidc: false,
    ...reach,
  });
  const { servers, gateway } = plan;
  expect(plan).toMatchObject(reach);
  expect(servers.map(({ name, url, toolAllow }) => [name, url, toolAllow])).toEqual([
    ["redis", "https://sophia.test/mcp/redis", undefined],
    ["github", undefined, ["get_me"]],
  ]);
  expect(gateway).toEqual({ url: "https://sophia.test/mcp", oidc: false });
});

test("M4 the check has a client's token, and another name when anything that it asks is another", () => {
  expect(checkToken({ cursor: "a", check: "b" })).toBe("b");
  expect(checkToken({ cursor: "a" })).toBe("a");
  expect(contentHash("image", ["a"])).toBe(contentHash("image", ["a"]));
  expect(contentHash("image", ["a"])).not.toBe(contentHash("image", ["b"]));
});
