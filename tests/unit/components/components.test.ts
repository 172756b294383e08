import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, test } from "vitest";
import { namespaceNames } from "../../../components/network/names.ts";
import { Namespaces } from "../../../components/network/namespaces.ts";
import { GpuPlugin } from "../../../components/services/gpu.ts";
import { GpuMetrics } from "../../../components/services/gpuMetrics/index.ts";
import { Nginx } from "../../../components/services/nginx.ts";
import { Postgres, PostgresOperator } from "../../../components/services/postgres/index.ts";
import { logins } from "../../../components/services/postgres/logins.ts";
import { parseManifest } from "../../../components/services/postgres/manifest.ts";
import { Redis } from "../../../components/services/redis.ts";
import { gpuSettings } from "../../../components/settings/k3s.ts";
import { nginxSettings, postgresSettings, redisSettings } from "../../../components/settings/services.ts";

/*
 * What the components ask the engine for. That the engine and a cluster do it is proved with the real ones.
 */

interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}
let registered: Registered[] = [];

/** What the engine adds to inputs, by type. */
const madeOf: Record<string, (name: string) => object> = {
  "random:index/randomPassword:RandomPassword": (name) => ({ result: `password of ${name}` }),
  "pulumi-nodejs:dynamic/services:SelfSignedCertificate": () => ({ certificate: "certificate", key: "key" }),
};

await pulumi.runtime.setMocks({
  newResource({ type, name, inputs }) {
    registered.push({ type, name, inputs });
    return { id: `${name}-id`, state: { ...inputs, ...madeOf[type]?.(name) } };
  },
  call: () => ({}),
});

const resolved = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) => {
    output.apply(resolve);
  });
const find = (type: string, name: string) => {
  const found = registered.find((each) => each.type === type && each.name === name);
  if (!found) throw new Error(`no ${type} ${name} among ${registered.map((each) => each.name).join(", ")}`);
  return found.inputs;
};
/** What an input is once the mark that hides it is taken off, and whether it bore the mark. */
function unmarked(value: unknown): { secret: boolean; value: unknown } {
  if (typeof value === "object" && value !== null && "4dabf18193072939515e22adb298388d" in value) {
    return { secret: true, value: (value as unknown as { value: unknown }).value };
  }
  return { secret: false, value };
}

beforeEach(() => {
  registered = [];
});

const manifest = parseManifest(
  `apiVersion: v1
kind: ServiceAccount
metadata: { name: manager, namespace: cnpg-system }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: controller, namespace: cnpg-system }
spec: { template: { spec: { containers: [{ name: manager, image: "example.test/manager:1" }] } } }
`,
  "test",
);

describe("namespaces", () => {
  test("S4 are walled before anyone learns their names", async () => {
    const namespaces = new Namespaces("n", {
      apiServers: [{ address: "192.0.2.1", port: 6443 }],
      clusterCidr: "10.42.0.0/16",
      gpuSlices: 4,
    });
    for (const name of namespaceNames) {
      expect(await resolved(namespaces.names[name])).toBe(name);
      const walls = registered.filter(
        ({ inputs }) => (inputs.metadata as { namespace?: string } | undefined)?.namespace === name,
      );
      expect(walls.map(({ type }) => type)).toEqual(
        expect.arrayContaining([
          "kubernetes:core/v1:ResourceQuota",
          "kubernetes:core/v1:LimitRange",
          "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        ]),
      );
    }
    expect(
      find("kubernetes:networking.k8s.io/v1:NetworkPolicy", "n-gpu-gpu-plugin-to-api-out").spec,
    ).toMatchObject({
      egress: [{ to: [{ ipBlock: { cidr: "192.0.2.1/32" } }], ports: [{ port: 6443 }] }],
    });
  });
});

describe("services", () => {
  test("K5 the GPU plugin is a release of NVIDIA's chart", async () => {
    const gpu = new GpuPlugin("g", { settings: gpuSettings.parse({}), namespace: "gpu" });
    expect(await resolved(gpu.ready)).toBe(true);
    expect(find("kubernetes:helm.sh/v3:Release", "g-service-release")).toMatchObject({
      chart: "nvidia-device-plugin",
      atomic: true,
      name: "nvidia-device-plugin",
    });
  });

  test("W2 GPUs are measured on their hosts, and told to Kubernetes by an API whose certificate it is given", async () => {
    const metrics = new GpuMetrics("m", {
      settings: gpuSettings.parse({}).autoscaling,
      image: "registry.test/monitoring:1",
      mcp: { status: "http://gateway.test:8090/status", apart: {} },
      namespaces: { gpu: "gpu", monitoring: "monitoring", mcp: "mcp" },
    });
    expect(await resolved(metrics.ready)).toBe(true);
    expect(find("kubernetes:apiregistration.k8s.io/v1:APIService", "m-registration").spec).toMatchObject({
      group: "custom.metrics.k8s.io",
      version: "v1beta2",
      service: { name: "gpu-metrics", namespace: "monitoring", port: 443 },
    });
    expect(find("kubernetes:apps/v1:DaemonSet", "m-exporter").spec).toMatchObject({
      template: { spec: { runtimeClassName: "nvidia", nodeSelector: { "nvidia.com/gpu.present": "true" } } },
    });
    expect(find("kubernetes:apps/v1:Deployment", "m-api").spec).toMatchObject({
      template: {
        spec: {
          containers: [
            {
              image: "registry.test/monitoring:1",
              env: expect.arrayContaining([
                {
                  name: "SOPHIA_GPU_EXPORTERS",
                  value: "http://dcgm-exporter.gpu.svc.cluster.local:9400/metrics",
                },
              ]),
            },
          ],
        },
      },
    });
    expect(unmarked(find("kubernetes:core/v1:Secret", "m-secret").stringData).secret).toBe(true);
  });

  test("S4 the GPU metrics may list the MCP servers' pods and read who the front proxy is, no more", async () => {
    const metrics = new GpuMetrics("m", {
      settings: gpuSettings.parse({}).autoscaling,
      image: "registry.test/monitoring:1",
      mcp: { status: "http://gateway.test:8090/status", apart: {} },
      namespaces: { gpu: "gpu", monitoring: "monitoring", mcp: "mcp" },
    });
    await resolved(metrics.ready);
    const rights = registered.filter(({ type }) => type.includes("rbac.authorization.k8s.io"));
    expect(rights.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`).sort()).toEqual([
      "Role m-role",
      "RoleBinding m-binding",
      "RoleBinding m-front-proxy",
    ]);
    expect(find("kubernetes:rbac.authorization.k8s.io/v1:Role", "m-role")).toMatchObject({
      metadata: { namespace: "mcp" },
      rules: [{ resources: ["pods"], verbs: ["list"] }],
    });
    expect(find("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", "m-front-proxy")).toMatchObject({
      metadata: { namespace: "kube-system" },
      roleRef: { kind: "Role", name: "extension-apiserver-authentication-reader" },
    });
  });

  test("D3 Redis gets its password by Secret, and a new password changes the release", async () => {
    const redis = new Redis("r", {
      settings: redisSettings.parse({}),
      namespace: "data",
      storageClass: "fast",
    });
    expect(await resolved(redis.host)).toBe("redis.data.svc.cluster.local");
    const { stringData } = find("kubernetes:core/v1:Secret", "r-auth");
    expect(unmarked(stringData)).toMatchObject({ value: { password: "password of r-password" } });
    const { values, namespace } = find("kubernetes:helm.sh/v3:Release", "r-service-release");
    expect(namespace).toBe("data");
    expect(unmarked(values).secret).toBe(false);
    expect(values).toMatchObject({
      storage: { class: "fast" },
      chartHash: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect((values as { passwordHash: string }).passwordHash).toMatch(/^[0-9a-f]{16}$/);
    expect(JSON.stringify(values)).not.toContain("password of");
  });

  test("S4 Redis with a certificate serves TLS only", async () => {
    const redis = new Redis("t", {
      settings: redisSettings.parse({}),
      namespace: "data",
      storageClass: "fast",
      tls: { certificate: "certificate", key: "key", ca: "authority" },
    });
    await resolved(redis.host);
    expect(find("kubernetes:helm.sh/v3:Release", "t-service-release").values).toMatchObject({
      tls: { secret: "redis-tls" },
    });
  });

  test("N1 Nginx learns its routes and keeps its key in a Secret", async () => {
    const nginx = new Nginx("w", {
      settings: nginxSettings.parse({ hostnames: ["sophia.test"] }),
      namespace: "ingress",
      routes: [
        { path: "/mcp/one", kind: "sse", host: pulumi.output("one.mcp.svc.cluster.local"), port: 8080 },
      ],
      serviceCidr: "10.43.0.0/16",
      tls: { certificate: "certificate", key: "the key" },
    });
    expect(await resolved(nginx.url)).toBe("https://sophia.test");
    const { values } = find("kubernetes:helm.sh/v3:Release", "w-service-release");
    expect(values).toMatchObject({
      resolver: "10.43.0.10",
      routes: [{ path: "/mcp/one", host: "one.mcp.svc.cluster.local" }],
    });
    expect(JSON.stringify(values)).not.toContain("the key");
  });

  test("D1 PostgreSQL comes after its operator, with a Secret for each login", async () => {
    const operator = new PostgresOperator("o", {
      manifest,
      namespace: new pulumi.ComponentResource("t:t:T", "t"),
    });
    expect(await resolved(operator.ready)).toBe(true);
    const kinds = registered.filter(({ name }) => name.startsWith("o-object-")).map(({ type }) => type);
    expect(kinds).toEqual(["kubernetes:core/v1:ServiceAccount", "kubernetes:apps/v1:Deployment"]);

    const build = (poolerInstances: number, name: string) =>
      new Postgres(name, {
        settings: postgresSettings.parse({ poolerInstances }),
        operator,
        namespace: "data",
        storageClass: "fast",
      });
    const postgres = build(1, "p");
    expect(await resolved(postgres.host)).toBe("postgres-rw.data.svc.cluster.local");
    expect(await resolved(postgres.pooledHost)).toBe("postgres-pooler.data.svc.cluster.local");
    expect(await resolved(postgres.caSecret)).toBe("postgres-ca");
    expect(await resolved(postgres.loginSecrets.mcp)).toBe("postgres-login-mcp");
    expect(unmarked(find("kubernetes:core/v1:Secret", "p-login-mcp").stringData)).toMatchObject({
      value: { username: "mcp", password: "password of p-password-mcp" },
    });
    expect(JSON.stringify(find("kubernetes:helm.sh/v3:Release", "p-service-release"))).not.toContain(
      "password of",
    );
    expect(await resolved(build(0, "q").pooledHost)).toBe("postgres-rw.data.svc.cluster.local");

    // A stack from before the setting keeps its passwords; another generation is another one for each login.
    const password = "random:index/randomPassword:RandomPassword";
    expect(find(password, "p-password-mcp")).not.toHaveProperty("keepers");
    const next = new Postgres("g", {
      settings: postgresSettings.parse({ passwordGeneration: 2 }),
      operator,
      namespace: "data",
      storageClass: "fast",
    });
    await resolved(next.host);
    for (const { name } of logins)
      expect(find(password, `g-password-${name}`).keepers).toEqual({ generation: "2" });
  });
});
