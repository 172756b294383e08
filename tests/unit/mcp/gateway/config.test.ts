import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { mcpSettings } from "../../../../components/settings/sections/services.ts";
import { catalog } from "../../../../mcp/catalog/index.ts";
import { federated } from "../../../../mcp/catalog/reach.ts";
import { clientConfigs, endpointsFor } from "../../../../mcp/clients.ts";
import { vmcp } from "../../../../mcp/gateway/vmcp.ts";
import { summaries } from "../../../../mcp/platform.ts";

const redis = { name: "redis", url: "http://redis.mcp.svc.cluster.local:8080/mcp" };
const backend = { ...redis, timeout: 65 };
const github = {
  name: "github",
  url: "http://github.mcp.svc.cluster.local:8080/mcp",
  timeout: 30,
  credential: { header: "Authorization", variable: "GITHUB_PERSONAL_ACCESS_TOKEN" },
  tools: ["get_issue"],
};

const sessions = { host: "redis.data.svc.cluster.local", port: 6379 };

describe("the gateway's configuration", () => {
  const config = parse(vmcp.config([backend, github], { by: "nginx" }, sessions));

  test("M3 keeps sessions in a store that all replicas share, apart from the keys that a tool shows", () => {
    expect(config.sessionStorage).toEqual({
      provider: "redis",
      address: "redis.data.svc.cluster.local:6379",
      db: 1,
      keyPrefix: "mcp-gateway:session:",
    });
  });

  test("M3 names every backend, and needs nothing from Kubernetes", () => {
    expect(config.backends).toEqual([
      { ...redis, transport: "streamable-http" },
      { name: "github", url: github.url, transport: "streamable-http" },
    ]);
    expect(config.outgoingAuth.source).toBe("inline");
  });

  test("M3 checks health, and opens the circuit of a failed backend", () => {
    expect(config.operational.failureHandling).toMatchObject({
      circuitBreaker: { enabled: true },
    });
    const { healthCheckInterval, healthCheckTimeout, unhealthyThreshold } =
      config.operational.failureHandling;
    const interval = Number.parseFloat(healthCheckInterval);
    const timeout = Number.parseFloat(healthCheckTimeout);
    // One that hangs from just after a check on.
    expect(interval * unhealthyThreshold + timeout).toBeLessThan(20);
    // A replica gets its first call when it has checked each server, and again where that failed, by a check that ended late.
    expect(vmcp.warmUpSeconds).toBeGreaterThan(interval + timeout);
    expect(config.audit.enabled).toBe(true);
    expect(config.telemetry.metricsOnTransportPort).toBe(false);
  });

  test("M3 has the timeout of each server's entry", () => {
    expect(config.operational.timeouts.perWorkload).toEqual({ redis: "65s", github: "30s" });
  });

  test("M3 offers only the tools that are allowed, by names that do not clash", () => {
    expect(config.aggregation).toMatchObject({
      conflictResolution: "prefix",
      conflictResolutionConfig: { prefixFormat: "{workload}_" },
      tools: [{ workload: "github", filter: ["get_issue"] }],
    });
  });

  test("S1 a token is named by its variable, never written", () => {
    expect(config.outgoingAuth.backends).toEqual({
      github: {
        type: "header_injection",
        headerInjection: { headerName: "Authorization", headerValueEnv: "GITHUB_PERSONAL_ACCESS_TOKEN" },
      },
    });
  });

  test("M3 checks an identity provider's tokens itself where the settings name one", () => {
    const oidc = {
      issuer: "https://idp.test",
      clientId: "sophia",
      audience: "mcp",
      resource: "https://x.test/mcp",
    };
    expect(parse(vmcp.config([], { by: "oidc", ...oidc }, sessions)).incomingAuth).toEqual({
      type: "oidc",
      oidc,
    });
    expect(config.incomingAuth).toEqual({ type: "anonymous" });
    const own = { ...oidc, authority: "PEM", privateAddress: true };
    expect(parse(vmcp.config([], { by: "oidc", ...own }, sessions)).incomingAuth.oidc).toEqual({
      ...oidc,
      caBundlePath: vmcp.authorityFile,
      jwksAllowPrivateIp: true,
    });
  });
});

test("M3 has two replicas and scales to ten, if nothing else is set", () => {
  expect(mcpSettings.parse({}).gateway.replicas).toEqual({ min: 2, max: 10 });
});

test("M3 S1 an identity provider has a public address, if nothing else is set, and a private one without a name", () => {
  const oidc = { issuer: "https://idp.test", clientId: "sophia", audience: "mcp" };
  const parsed = (more: object) => mcpSettings.safeParse({ gateway: { oidc: { ...oidc, ...more } } });
  expect(parsed({}).data?.gateway.oidc).toEqual({ ...oidc, privateAddress: false });
  expect(parsed({ privateAddress: true }).error?.issues).toMatchObject([
    { path: ["gateway", "oidc", "privateAddress"], message: expect.stringContaining("by its IPv4 address") },
  ]);
  expect(parsed({ privateAddress: true, issuer: "https://10.1.2.3:8443" }).success).toBe(true);
});

test("M3 what keeps state in its session is not behind the gateway", () => {
  expect(catalog.filter((entry) => entry.sessionful).map(federated)).toEqual([false]);
});

test("M1 a server whose token only the gateway knows has no path of its own", () => {
  const all = summaries(catalog.map((entry) => ({ entry, enabled: true })));
  const without = all.filter(({ path }) => path === undefined).map(({ name }) => name);
  expect(without).toEqual(["github", "snowflake", "snowflake_admin", "snowflake_cortex", "pulumi"]);
});

describe("clients", () => {
  const servers = [
    { name: "redis", enabled: true, federated: true, path: "/mcp/redis" },
    { name: "playwright", enabled: true, federated: false, path: "/mcp/playwright" },
    { name: "codacy", enabled: false, federated: false },
  ];
  const headers = (token: string) => ({ Authorization: `Bearer ${token}` });

  test("M5 get the gateway, and the servers that are not behind it", () => {
    expect(endpointsFor("https://sophia.test", servers)).toEqual([
      { name: "sophia", url: "https://sophia.test/mcp" },
      { name: "sophia_playwright", url: "https://sophia.test/mcp/playwright" },
    ]);
  });

  test("M5 M3 sign in at an identity provider by themselves, and keep our token for what the gateway cannot serve", () => {
    const { cursor } = clientConfigs("https://sophia.test", servers, { cursor: "a" }, true);
    expect(cursor).toEqual({
      mcpServers: {
        sophia: { url: "https://sophia.test/mcp" },
        sophia_playwright: { url: "https://sophia.test/mcp/playwright", headers: headers("a") },
      },
    });
  });

  test("M5 each in its own format, with its own token", () => {
    const tokens = { check: "c", cursor: "a", vscode: "b", generic: "d" };
    const configs = clientConfigs("https://sophia.test", servers, tokens);
    expect(configs.cursor).toMatchObject({
      mcpServers: { sophia: { url: "https://sophia.test/mcp", headers: headers("a") } },
    });
    expect(configs.vscode).toMatchObject({ servers: { sophia: { type: "http", headers: headers("b") } } });
    expect(configs.generic).toMatchObject({
      mcpServers: { sophia_playwright: { type: "streamable-http", headers: headers("d") } },
    });
  });

  test("M3 M5 none gets the token of another, under whose name its calls would be recorded", () => {
    const configs = clientConfigs("https://sophia.test", servers, { check: "c", cursor: "a" });
    expect(Object.keys(configs)).toEqual(["cursor"]);
  });
});

test.each([
  [256, 204],
  [512, 256],
  [2048, 512],
])(
  "M3 of %i MiB its runtime collects garbage from %i on, and leaves the rest to what it must hold",
  (limit, from) => {
    const { GOMEMLIMIT = "", GOGC } = vmcp.environment(limit * 2 ** 20);
    expect(Number(GOGC)).toBeGreaterThan(100);
    expect(Math.floor(Number(GOMEMLIMIT) / 2 ** 20)).toBe(from);
  },
);
