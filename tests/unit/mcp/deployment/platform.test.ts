import * as pulumi from "@pulumi/pulumi";
import { beforeEach, expect, test } from "vitest";
import { secrets as allSecrets } from "../../../../components/settings/environment/secrets.ts";
import { mcpSettings } from "../../../../components/settings/sections/services.ts";
import { catalog, isDeployed } from "../../../../mcp/catalog/index.ts";
import { dns } from "../../../../mcp/deployment/pod.ts";
import { McpPlatform, type McpPlatformArgs, writesRedis } from "../../../../mcp/platform.ts";
import { type Asked, addressOf, asked, mockEngine, resolved } from "./engine.ts";

let engine: Asked;
beforeEach(async () => {
  engine = await mockEngine();
});

class Nothing extends pulumi.ComponentResource {
  constructor() {
    super("test:Nothing", "nothing");
  }
}

const given = Object.fromEntries(
  Object.keys(allSecrets).map((name) => [name, pulumi.secret(`value of ${name}`)]),
);
const account = { url: "https://account.snowflake.test/mcp" };
const everything = {
  servers: {
    snowflake: account,
    snowflake_admin: account,
    snowflake_cortex: account,
    sophia_ai_intelligence: { variables: { SOPHIA_INFERENCE_API_URL: "https://llm.test/v1" } },
  },
};

async function platform(
  settings: object = everything,
  more: Partial<McpPlatformArgs> = {},
  opts: pulumi.ComponentResourceOptions = {},
) {
  engine.all.length = 0;
  const args: McpPlatformArgs = {
    settings: mcpSettings.parse(settings),
    hostname: "sophia.test",
    image: "registry.test/servers:1",
    namespace: "mcp",
    hosts: [],
    apiServers: [{ address: "10.0.0.5", port: 6443 }],
    storageClass: "fast",
    gpu: new Nothing(),
    lambdaApiUrl: "https://lambda.test/api/v1",
    gongApiUrl: "https://gong.test",
    postgres: {
      host: "postgres.data.svc",
      port: 5432,
      logins: {
        mcp_data: { user: "mcp_data", password: pulumi.secret("of-data") },
        mcp_business: { user: "mcp_business", password: pulumi.secret("of-business") },
        mcp_postgres: { user: "mcp_postgres", password: pulumi.secret("of-postgres") },
      },
      ca: "ca",
    },
    redis: { host: "redis.data.svc", port: 6379, ca: "PEM of Redis", password: pulumi.secret("of-redis") },
    sessions: { host: "redis.data.svc", port: 6379, ca: "PEM", password: pulumi.secret("of-sessions") },
    tunnel: { image: "registry.test/nginx:1", dns: "10.43.0.10" },
    secrets: given,
    ...more,
  };
  const made = new McpPlatform("mcp", args, opts);
  await asked(engine, "Service", "mcp-gateway");
  await resolved(made.digests);
  return made;
}
const config = () =>
  (engine.of("ConfigMap", "mcp-gateway") as { data: Record<string, string> }).data["vmcp.yaml"] ?? "";
const pathOf = (url: string) => new URL(url).pathname;

test("M1 every entry that can run is deployed with a Service, behind the gateway", async () => {
  const { servers } = await platform();
  const off = servers.filter(({ enabled }) => !enabled).map(({ name }) => name);
  expect(off).toEqual(["salesforce", "docker"]);
  // The check after a deployment learns from here what the gateway has to offer.
  for (const { name, toolAllow } of catalog)
    expect(servers.find((server) => server.name === name)?.toolAllow).toEqual(toolAllow);
  const deployed = catalog.filter((entry) => isDeployed(entry) && !off.includes(entry.name));
  expect(engine.names("Service").sort()).toEqual(
    [...deployed.map(({ name }) => dns(name)), "mcp-gateway", "mcp-gateway-spread"].sort(),
  );
});

test("M3 every announced URL is a route, and every route requires a client's token", async () => {
  const { routes, documents, servers } = await platform();
  const paths = routes.map(({ path }) => path);
  expect(new Set(paths).size).toBe(paths.length);
  expect(routes.filter(({ clients }) => !clients)).toEqual([]);
  expect(documents.map(({ path }) => path)).toEqual(["/mcp/servers.json"]);
  const announced = JSON.parse(documents[0]?.text ?? "{}") as {
    servers: { name: string; remotes: { url: string }[] }[];
  };
  expect(announced.servers.map(({ name }) => name.split("/")[1])).toEqual(
    servers.filter(({ enabled }) => enabled).map(({ name }) => name),
  );
  const urls = announced.servers.flatMap(({ remotes }) => remotes.map(({ url }) => url));
  expect(urls.filter((url) => !paths.includes(pathOf(url)))).toEqual([]);
  expect(urls.every((url) => url.startsWith("https://sophia.test/mcp"))).toBe(true);
});

test("M3 a route leads to the server's own Service, by its address, with the gateway's paths exact", async () => {
  const { routes } = await platform();
  const route = (path: string) => routes.find((each) => each.path === path);
  const memory = route("/mcp/memory");
  expect(memory).toMatchObject({ kind: "sse", port: 8080, upstreamPath: "/mcp" });
  expect(await resolved(pulumi.output(memory?.host))).toBe("memory.mcp.svc.cluster.local");
  expect(await resolved(pulumi.output(memory?.address))).toBe(addressOf("memory"));
  expect(route("/mcp")).toMatchObject({ exact: true, port: 8090, upstreamPath: "/mcp" });
  expect(await resolved(pulumi.output(route("/mcp")?.spreadAddress))).toBe(addressOf("mcp-gateway-spread"));
  expect(route("/mcp/status")).not.toHaveProperty("spreadAddress");
  expect(route("/mcp/status")).toMatchObject({ exact: true, port: 8090, upstreamPath: "/status" });
  for (const withheld of ["/mcp/github", "/mcp/snowflake", "/mcp/pulumi"])
    expect(route(withheld)).toBeUndefined();
});

test("M3 the gateway knows its backends by address, those at vendors' by their URL, and each has its own token", async () => {
  await platform();
  expect(config()).toContain(`http://${addressOf("redis")}:8080/mcp`);
  expect(config()).toContain("https://account.snowflake.test/mcp");
  expect(config()).toContain("https://mcp.ai.pulumi.com/mcp");
  expect(config()).not.toContain("playwright");
  const { stringData } = engine.of("Secret", "mcp-gateway") as {
    stringData: { value: Record<string, string> };
  };
  expect(stringData.value).toMatchObject({
    GITHUB_PERSONAL_ACCESS_TOKEN: "Bearer value of githubToken",
    SNOWFLAKE_ADMIN_MCP_TOKEN: "Bearer value of snowflakeAdminMcpToken",
    PULUMI_ACCESS_TOKEN: "Bearer value of pulumiAccessToken",
  });
});

test("S1 each server that reads PostgreSQL has a login of its own, and only its password", async () => {
  await platform();
  const own = {
    "sophia-data-intelligence": "data",
    "sophia-business-intelligence": "business",
    postgres: "postgres",
  };
  for (const [server, login] of Object.entries(own)) {
    const known = JSON.stringify([engine.of("Secret", server), engine.of("Deployment", server)]);
    const passwords = Object.values(own).filter((each) => known.includes(`of-${each}`));
    expect([server, passwords, known.includes(`mcp_${login}`)]).toEqual([server, [login], true]);
  }
  const others = engine.names("Secret").filter((name) => !(name in own));
  expect(JSON.stringify(others.map((name) => engine.of("Secret", name)))).not.toMatch(
    /of-(data|business|postgres)/,
  );
});

test("S1 no secret of the stack is anywhere but in a Secret; GitHub's server does not have its own token", async () => {
  await platform();
  const others = JSON.stringify(engine.all.filter(({ type }) => !type.endsWith(":Secret")));
  for (const value of ["value of ", "of-postgres", "of-data", "of-business", "of-redis", "of-sessions"])
    expect(others).not.toContain(value);
  expect(engine.names("Secret")).not.toContain("github");
});

test("S1 tools that write to Redis are named by the setting that allows them", () => {
  const writes = (variables?: Record<string, string>) =>
    writesRedis(mcpSettings.parse({ servers: { redis: { variables } } }));
  expect(writes({ SOPHIA_REDIS_WRITABLE: "1" })).toBe(true);
  expect([writes({}), writes(), writesRedis(mcpSettings.parse({}))]).toEqual([false, false, false]);
});

test("S1 the gateway and the server `redis` each have their own password of Redis, and not the other's", async () => {
  await platform();
  const held = (name: string) => JSON.stringify(engine.of("Secret", name));
  expect(held("redis")).toContain("of-redis");
  expect(held("redis")).not.toContain("of-sessions");
  expect(held("mcp-gateway")).toContain("of-sessions");
  expect(held("mcp-gateway")).not.toContain("of-redis");
});

test("M1 a disabled server has no object, no route and no announcement", async () => {
  const { routes, servers, documents } = await platform({ ...everything, disabled: ["memory"] });
  expect(engine.names("Deployment")).not.toContain("memory");
  expect(routes.map(({ path }) => path)).not.toContain("/mcp/memory");
  expect(documents[0]?.text).not.toContain("/mcp/memory");
  expect(config()).not.toContain("memory");
  expect(servers.find(({ name }) => name === "memory")).toMatchObject({
    enabled: false,
    reason: "disabled by mcp.disabled",
  });
});

test("M2 the data of a server stays: its volume is no part of the server, keeps its storage class, and is never deleted", async () => {
  const claims: pulumi.CustomResourceOptions[] = [];
  const look: pulumi.ResourceTransformation = ({ type, opts }) => {
    if (type.endsWith(":PersistentVolumeClaim")) claims.push(opts);
    return undefined;
  };
  const spec = {
    accessModes: ["ReadWriteOnce"],
    storageClassName: "fast",
    resources: { requests: { storage: "1Gi" } },
  };
  for (const disabled of [[], ["memory"]]) {
    await platform({ ...everything, disabled }, {}, { transformations: [look] });
    expect(engine.names("PersistentVolumeClaim")).toEqual(["memory"]);
    expect(engine.of("PersistentVolumeClaim", "memory")).toMatchObject({
      metadata: { namespace: "mcp" },
      spec,
    });
  }
  expect(claims).toHaveLength(2);
  for (const { ignoreChanges, retainOnDelete, aliases = [] } of claims) {
    expect({ ignoreChanges, retainOnDelete }).toEqual({
      ignoreChanges: ["spec.storageClassName"],
      retainOnDelete: true,
    });
    const [before] = (await resolved(pulumi.output(aliases))) as { parent?: string }[];
    expect(before?.parent).toMatch(/sophia:mcp:McpPlatform\$sophia:mcp:McpServer::mcp-memory$/);
  }
});

test("M3 each client has a token of its own at Nginx, generated again by its generation", async () => {
  const { clients } = await platform({ enabled: ["redis"], clients: { cursor: 1, other: 4 } });
  expect(Object.keys(await resolved(clients))).toEqual(["cursor", "other"]);
  expect(engine.of("RandomPassword", "mcp-client-other")).toMatchObject({
    length: 48,
    special: false,
    upper: false,
    keepers: { generation: "4" },
  });
  expect(await pulumi.isSecret(clients)).toBe(true);
});

test("M3 an identity provider's tokens are the gateway's to check, and Nginx learns where", async () => {
  const oidc = { issuer: "https://idp.test", clientId: "sophia", audience: "mcp" };
  const { routes, identity } = await platform({ enabled: ["redis"], gateway: { oidc } });
  const open = routes.filter(({ clients }) => !clients).map(({ path }) => path);
  expect(open).toEqual(["/mcp", "/.well-known/oauth-protected-resource"]);
  expect(identity && (await resolved(pulumi.output(identity)))).toEqual({
    host: "mcp-gateway.mcp.svc.cluster.local",
    port: 8090,
    path: "/mcp",
  });
  expect(config()).toContain("https://idp.test");
  expect((await platform({ enabled: ["redis"] })).identity).toBeUndefined();
});
