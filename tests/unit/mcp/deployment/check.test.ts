import * as pulumi from "@pulumi/pulumi";
import { beforeEach, expect, test } from "vitest";
import { Redis } from "../../../../components/services/redis/redis.ts";
import { redisSettings } from "../../../../components/settings/sections/services.ts";
import type { Plan } from "../../../../mcp/check/plan.ts";
import { McpCheck, type McpCheckArgs } from "../../../../mcp/checkJob.ts";
import { type Asked, mockEngine, resolved, secret } from "./engine.ts";

let engine: Asked;
beforeEach(async () => {
  engine = await mockEngine();
});

const plan: Plan = {
  servers: [
    {
      name: "redis",
      enabled: true,
      federated: true,
      revisions: ["2026-07-28"],
      url: "https://x.test/mcp/redis",
    },
  ],
  gateway: { url: "https://x.test/mcp", oidc: false },
  address: "nginx.ingress.svc.cluster.local",
  certificate: "PEM",
  deadline: 90,
};
const redis: McpCheckArgs["servers"][number] = {
  name: "redis",
  kind: "container",
  enabled: true,
  federated: true,
  revisions: ["2026-07-28"],
  path: "/mcp/redis",
};
const base: McpCheckArgs = {
  namespace: "mcp",
  image: "registry.test/servers:1",
  hostname: "x.test",
  address: plan.address,
  certificate: plan.certificate,
  servers: [redis],
  oidc: false,
  clients: pulumi.secret({ cursor: "token-of-cursor", check: "token-of-the-check" }),
  digests: {
    cluster: "c",
    namespaces: "n",
    gpu: "g",
    postgres: "p",
    redis: "r",
    nginx: "x",
    servers: ["gateway", "memory"],
  },
};

/** The Job that is asked for. */
async function job(more: Partial<McpCheckArgs> = {}) {
  engine.all.length = 0;
  new McpCheck("c", { ...base, ...more });
  const found = () => engine.all.find(({ type }) => type.endsWith(":Job"));
  await expect.poll(found).toBeDefined();
  const { metadata, spec } = (found()?.inputs ?? {}) as {
    metadata: { name: string; annotations: Record<string, string> };
    spec: Record<string, unknown> & {
      template: { spec: Record<string, unknown> & { containers: object[] } };
    };
  };
  return { metadata, spec, pod: spec.template.spec };
}

test("M4 it runs again with each change of what is asked, and of nothing else", async () => {
  const first = (await job()).metadata.name;
  expect(first).toMatch(/^mcp-check-[0-9a-f]{10}$/);
  expect((await job()).metadata.name).toBe(first);
  const changes: Partial<McpCheckArgs>[] = [
    { image: "registry.test/servers:2" },
    { servers: [] },
    { hostname: "y.test" },
    { certificate: "another" },
    { clients: pulumi.secret({ check: "another" }) },
    ...Object.keys(base.digests).map((part) => ({ digests: { ...base.digests, [part]: "changed" } })),
  ];
  const names = [];
  for (const change of changes) names.push((await job(change)).metadata.name);
  expect(new Set([first, ...names]).size).toBe(changes.length + 1);
});

test("M4 a data store's digest changes with its settings, and only then", async () => {
  const digestOf = (memory: string) => {
    const settings = redisSettings.parse({ memory });
    return resolved(new Redis("r", { settings, namespace: "data", storageClass: "fast" }).digest);
  };
  const first = await digestOf("4Gi");
  expect(first).toMatch(/^[0-9a-f]{16}$/);
  expect(await digestOf("4Gi")).toBe(first);
  expect(await digestOf("5Gi")).not.toBe(first);
});

test("M4 a failed check fails the update, and the next update checks again", async () => {
  const { metadata, spec, pod } = await job();
  expect(metadata.annotations).toMatchObject({ "pulumi.com/replaceUnready": "true" });
  expect(metadata.annotations).not.toHaveProperty("pulumi.com/skipAwait");
  // What the check found is not asked once more; only a pod that was lost has a successor.
  expect(spec).toMatchObject({
    backoffLimit: 0,
    podFailurePolicy: {
      rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
    },
    activeDeadlineSeconds: 300,
  });
  expect(pod.restartPolicy).toBe("Never");
  expect(pod.containers[0]).toMatchObject({ terminationMessagePolicy: "FallbackToLogsOnError" });
});

test("M4 S1 it gets the plan in its environment, and the token as a file of a Secret", async () => {
  const { pod } = await job();
  expect(pod.containers[0]).toMatchObject({
    command: ["node", "/app/mcp/check/main.ts"],
    env: [
      { name: "NODE_COMPILE_CACHE", value: "/app/compiled" },
      { name: "SOPHIA_CHECK_PLAN", value: JSON.stringify(plan) },
      { name: "SOPHIA_CHECK_TOKEN_FILE", value: "/etc/sophia-secrets/token" },
    ],
    volumeMounts: [{ name: "secrets", mountPath: "/etc/sophia-secrets", readOnly: true }],
  });
  expect(engine.of("Secret", "mcp-check").stringData).toEqual(secret({ token: "token-of-the-check" }));
  const others = engine.all.filter(({ type }) => !type.endsWith(":Secret"));
  expect(JSON.stringify(others)).not.toContain("token-of-the-check");
});

test("S4 its pod meets Pod Security's restricted profile, and has no rights in Kubernetes", async () => {
  const { pod } = await job();
  expect(pod).toMatchObject({
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true },
  });
  expect(pod.containers[0]).toMatchObject({
    securityContext: { readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
  });
});
