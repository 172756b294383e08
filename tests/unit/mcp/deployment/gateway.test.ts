import * as pulumi from "@pulumi/pulumi";
import { beforeEach, expect, test } from "vitest";
import { mcpSettings } from "../../../../components/settings/sections/services.ts";
import type { Backend, Engine, ResolvedBackend } from "../../../../mcp/gateway/backend.ts";
import { Gateway, type GatewayArgs } from "../../../../mcp/gateway/gateway.ts";
import { type Asked, addressOf, asked, mockEngine, resolved, secret } from "./engine.ts";

const name = "mcp-gateway";
let engine: Asked;
beforeEach(async () => {
  engine = await mockEngine();
});

/** A program that federates, with nothing in common with vMCP. */
const other: Engine = {
  config: (backends, auth, sessions) => JSON.stringify({ backends, auth, sessions }),
  sessionPasswordVariable: "OTHER_PASSWORD",
  args: ["--file", "/etc/sophia/other.json"],
  configFile: "/etc/sophia/other.json",
  authorityFile: "/etc/sophia/other.crt",
  environment: (memory) => ({ OTHER_MEMORY: String(memory) }),
  port: 7070,
  path: "/all",
  metadataPath: "/.well-known/other",
  statusPath: "/backends",
  metricsPort: 7071,
  health: { live: "/alive", ready: "/willing" },
  warmUpSeconds: 7,
};

const token = pulumi.secret("Bearer of-github");
const timeout = 30;
const redis: Backend = {
  name: "redis",
  url: pulumi.output("http://10.43.0.9:8080/mcp"),
  timeout,
  tools: ["get_key"],
};
const github: Backend = {
  name: "github",
  url: "http://10.43.0.8:8080/mcp",
  timeout,
  credential: { header: "Authorization", variable: "GITHUB_PERSONAL_ACCESS_TOKEN", value: token },
};
const snowflake: Backend = { name: "snowflake", url: "https://account.snowflake.test/mcp", timeout };
const sessions = {
  host: pulumi.output("redis.data.svc"),
  port: 6379,
  ca: pulumi.output("PEM of Redis"),
  password: pulumi.secret("of-redis"),
};
const tunnel = { image: "registry.test/nginx:1", dns: "10.43.0.10" };

async function made(
  more: Partial<GatewayArgs> = {},
  opts: pulumi.ComponentResourceOptions = {},
): Promise<Gateway> {
  engine.all.length = 0;
  const args: GatewayArgs = {
    settings: mcpSettings.parse({}),
    namespace: "mcp",
    backends: [redis, github, snowflake],
    auth: { by: "nginx" },
    sessions,
    tunnel,
    ...more,
  };
  const gateway = new Gateway("g", args, opts);
  await asked(engine, "Service", name);
  await asked(engine, "Deployment", name);
  await resolved(gateway.digest);
  return gateway;
}

type Spec = Record<string, unknown>;
const spec = (kind: string) => engine.of(kind, name).spec as Spec;
const template = () => spec("Deployment").template as { metadata: Spec; spec: Spec };
const container = () => (template().spec.containers as Record<string, unknown>[])[0] ?? {};

test("M3 it scales by CPU between its minimum and maximum of replicas, or has the minimum", async () => {
  const settings = mcpSettings.parse({ gateway: { replicas: { min: 3, max: 7 } } });
  await made({ settings });
  await asked(engine, "HorizontalPodAutoscaler", name);
  expect(spec("HorizontalPodAutoscaler")).toMatchObject({
    scaleTargetRef: { kind: "Deployment", name },
    minReplicas: 3,
    maxReplicas: 7,
    metrics: [{ resource: { name: "cpu", target: { averageUtilization: 70 } } }],
  });
  await made({ settings: { ...settings, autoscaling: false } });
  await asked(engine, "HorizontalPodAutoscaler", name);
  expect(spec("HorizontalPodAutoscaler")).toMatchObject({ minReplicas: 3, maxReplicas: 3 });
});

test("M3 W3 it begins with the minimum, and then the autoscaler alone sets the number, whether it may choose or not", async () => {
  const deployments: pulumi.CustomResourceOptions[] = [];
  const look: pulumi.ResourceTransformation = ({ type, opts }) => {
    if (type.endsWith(":Deployment")) deployments.push(opts);
    return undefined;
  };
  for (const autoscaling of [true, false]) {
    const settings = mcpSettings.parse({ autoscaling, gateway: { replicas: { min: 3, max: 7 } } });
    await made({ settings }, { transformations: [look] });
    expect(spec("Deployment")).toMatchObject({ replicas: 3 });
  }
  expect(deployments.map(({ ignoreChanges }) => ignoreChanges)).toEqual([
    ["spec.replicas"],
    ["spec.replicas"],
  ]);
});

test("W3 it rolls with all replicas available, and a drain evicts one at a time", async () => {
  await made();
  expect(spec("Deployment")).toMatchObject({
    strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    selector: { matchLabels: { "app.kubernetes.io/name": name } },
  });
  expect(spec("PodDisruptionBudget")).toMatchObject({
    maxUnavailable: 1,
    unhealthyPodEvictionPolicy: "AlwaysAllow",
    selector: { matchLabels: { "app.kubernetes.io/name": name } },
  });
  expect(container()).toMatchObject({ lifecycle: { preStop: { sleep: { seconds: 5 } } } });
});

test("M2 M3 it runs on the MCP node, where its backends are, with ports for a connection for each call", async () => {
  await made();
  expect(template().spec).toMatchObject({
    nodeSelector: { "kubernetes.io/hostname": "mcp-node" },
    automountServiceAccountToken: false,
    securityContext: { sysctls: [{ name: "net.ipv4.ip_local_port_range", value: "10000 65535" }] },
  });
});

test("M3 the authority of an identity provider is beside the configuration, and another one rolls it", async () => {
  const oidc = { by: "oidc", issuer: "https://10.0.0.9:8443", clientId: "a", audience: "b" } as const;
  const withAuthority = async (authority: string) => {
    await made({ auth: { ...oidc, resource: "https://x.test/mcp", privateAddress: true, authority } });
    return template().metadata.annotations;
  };
  const first = await withAuthority("PEM of one");
  expect(engine.of("ConfigMap", name).data).toMatchObject({ "issuer.crt": "PEM of one" });
  expect(JSON.stringify(spec("NetworkPolicy").egress)).toContain('{"cidr":"10.0.0.9/32"}');
  expect(await withAuthority("PEM of one")).toEqual(first);
  expect(await withAuthority("PEM of another")).not.toEqual(first);
});

test("M3 a session of the older revision stays with one replica, requests of the newer revision go to all", async () => {
  const gateway = await made();
  expect(spec("Service")).toMatchObject({ sessionAffinity: "ClientIP" });
  await asked(engine, "Service", `${name}-spread`);
  expect(engine.of("Service", `${name}-spread`).spec).toEqual({
    selector: spec("Service").selector,
    ports: spec("Service").ports,
  });
  expect(await resolved(gateway.spreadAddress)).not.toBe(await resolved(gateway.address));
});

test("S1 tokens and the password are in its Secret, marked, and nowhere else", async () => {
  await made();
  expect(engine.of("Secret", name).stringData).toEqual(
    secret({ GITHUB_PERSONAL_ACCESS_TOKEN: "Bearer of-github", THV_SESSION_REDIS_PASSWORD: "of-redis" }),
  );
  const rest = JSON.stringify(engine.all.filter(({ type }) => !type.endsWith(":Secret")));
  expect(rest).not.toContain("of-github");
  expect(rest).not.toContain("of-redis");
  expect(container().env).toContainEqual({
    name: "GITHUB_PERSONAL_ACCESS_TOKEN",
    valueFrom: { secretKeyRef: { name, key: "GITHUB_PERSONAL_ACCESS_TOKEN" } },
  });
});

test("S4 its egress from the cluster is to vendors' servers and to the identity provider", async () => {
  await made();
  const policy = spec("NetworkPolicy");
  expect(policy).toMatchObject({ podSelector: { matchLabels: { "app.kubernetes.io/name": name } } });
  expect(policy.policyTypes).toEqual(["Egress"]);
  // One for any number of vendors: network policies know no names.
  expect(policy.egress).toMatchObject([{ ports: [{ port: 443 }] }]);
  await made({ backends: [redis] });
  expect(spec("NetworkPolicy").egress).toEqual([]);
  const oidc = {
    by: "oidc",
    issuer: "https://idp.test:8443",
    clientId: "c",
    audience: "a",
    resource: "r",
  } as const;
  await made({ backends: [redis], auth: oidc });
  expect(spec("NetworkPolicy").egress).toMatchObject([{ ports: [{ port: 8443 }] }]);
});

test("W3 a change of a backend or of a token rolls it, and nothing else does", async () => {
  const checksum = async (more: Partial<GatewayArgs> = {}) => {
    const { digest } = await made(more);
    const { annotations } = template().metadata as { annotations: Record<string, string> };
    return [annotations["sophia.ai/config"], await resolved(digest)];
  };
  const first = await checksum();
  expect(await checksum()).toEqual(first);
  const changes: Partial<GatewayArgs>[] = [
    { backends: [redis, github] },
    { backends: [{ ...redis, tools: ["set_key"] }, github, snowflake] },
    { sessions: { ...sessions, password: pulumi.secret("rotated") } },
    { sessions: { ...sessions, ca: pulumi.output("PEM of another") } },
  ];
  for (const change of changes) {
    const [config, digest] = await checksum(change);
    expect(config).not.toBe(first[0]);
    expect(digest).not.toBe(first[1]);
  }
});

test("M3 its engine is replaceable: everything specific to vMCP is in the engine", async () => {
  const settings = mcpSettings.parse({ gateway: { image: "registry.test/other:1" } });
  const gateway = await made({ engine: other, settings });
  expect([gateway.port, gateway.path, gateway.statusPath, gateway.metadataPath]).toEqual([
    7070,
    "/all",
    "/backends",
    "/.well-known/other",
  ]);
  expect(await resolved(gateway.host)).toBe("mcp-gateway.mcp.svc.cluster.local");
  expect(await resolved(gateway.address)).toBe(addressOf(name));
  expect(spec("Service").ports).toEqual([{ name: "mcp", port: 7070, targetPort: "mcp" }]);
  expect(container()).toMatchObject({
    image: "registry.test/other:1",
    args: ["--file", "/etc/sophia/other.json"],
    ports: [{ containerPort: 7070 }, { containerPort: 7071 }],
    readinessProbe: { httpGet: { path: "/willing" }, initialDelaySeconds: 7 },
    livenessProbe: { httpGet: { path: "/alive" } },
  });
  expect(container().env).toContainEqual({ name: "OTHER_MEMORY", value: String(2 * 2 ** 30) });
  const { data } = engine.of("ConfigMap", name) as { data: Record<string, string> };
  const { backends } = JSON.parse(data["other.json"] ?? "{}") as { backends: ResolvedBackend[] };
  expect(backends.map(({ url }) => url)).toEqual([
    "http://10.43.0.9:8080/mcp",
    "http://10.43.0.8:8080/mcp",
    "https://account.snowflake.test/mcp",
  ]);
  expect(backends[1]?.credential).toEqual({
    header: "Authorization",
    variable: "GITHUB_PERSONAL_ACCESS_TOKEN",
  });
  expect(JSON.stringify(engine.all)).not.toMatch(/vmcp|THV_|8090|9464/i);
});
