import * as pulumi from "@pulumi/pulumi";
import { beforeEach, expect, test } from "vitest";
import { mcpSettings } from "../../../../components/settings/sections/services.ts";
import type { CatalogInput } from "../../../../mcp/catalog/entry.ts";
import { isDeployed, readCatalog } from "../../../../mcp/catalog/index.ts";
import { sophiaInfrastructure } from "../../../../mcp/catalog/ownServers.ts";
import type { McpServerArgs } from "../../../../mcp/deployment/objects.ts";
import { McpServer } from "../../../../mcp/deployment/server.ts";

type Inputs = Record<string, Record<string, unknown>>;
let registered: Map<string, Inputs>;

/** Stands in for the engine: what is looked at is what was asked for. */
beforeEach(async () => {
  registered = new Map();
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        registered.set(type.split(":").at(-1) ?? type, inputs);
        return { id: `${name}-id`, state: inputs };
      },
      call: () => ({}),
    },
    "sophia-infra",
    "local",
  );
});

const resolved = <T>(output: pulumi.Output<T>): Promise<T> => new Promise((resolve) => output.apply(resolve));
const apiKey = "key-of-the-test";

/** Each outside resource's outputs are known a turn later: waits until the last object was asked for. */
async function server(
  change: object = {},
  more: Partial<McpServerArgs> = {},
  opts: pulumi.ComponentResourceOptions = {},
) {
  const [entry] = readCatalog([{ ...sophiaInfrastructure, ...change } as CatalogInput]);
  if (!entry || !isDeployed(entry)) throw new Error("no entry that runs here");
  registered.clear();
  const args: McpServerArgs = {
    entry,
    settings: mcpSettings.parse({}),
    image: "registry.test/servers:1",
    namespace: "mcp",
    hosts: [{ name: "backend" }],
    apiServers: [{ address: "10.0.0.5", port: 6443 }],
    urls: { lambda: "https://lambda.test/api/v1", inference: "https://llm.test", gong: "https://gong.test" },
    provided: provided(apiKey),
    ...more,
  };
  const made = new McpServer("mcp", args, opts);
  await expect.poll(() => registered.has("Service")).toBe(true);
  return { made, host: await resolved(made.host) };
}
const provided = (key: string) => ({
  values: { SOPHIA_LAMBDA_API_URL: "https://lambda.test/api/v1" },
  secrets: { SOPHIA_LAMBDA_API_KEY_FILE: pulumi.secret(key), NOTION_TOKEN: pulumi.secret("of a neighbour") },
});
/** How a secret is marked on its way to the engine. */
const secret = (value: unknown) => ({
  [pulumi.runtime.specialSigKey]: pulumi.runtime.specialSecretSig,
  value,
});
const of = (type: string): Inputs => {
  const inputs = registered.get(type);
  if (!inputs) throw new Error(`no ${type}; there is ${[...registered.keys()]}`);
  return inputs;
};
const template = () =>
  (of("Deployment").spec as unknown as { template: { metadata: Inputs; spec: Inputs } }).template;

test("M1 one entry gives a Service in the cluster, whose name is known at once", async () => {
  const { made, host } = await server();
  expect([made.name, made.port]).toEqual(["sophia_infrastructure", 8080]);
  expect(host).toBe("sophia-infrastructure.mcp.svc.cluster.local");
  expect(of("Service").spec).toMatchObject({
    selector: { "app.kubernetes.io/name": "sophia-infrastructure" },
    ports: [{ port: 8080, targetPort: "mcp" }],
  });
});

test("M2 S1 its Secret has only the keys that its entry names, and Pulumi keeps them secret", async () => {
  await server();
  expect(of("Secret").stringData).toEqual(secret({ SOPHIA_LAMBDA_API_KEY_FILE: apiKey }));
  const others = [...registered].filter(([type]) => type !== "Secret");
  expect(JSON.stringify(others)).not.toContain(apiKey);
  expect(JSON.stringify([...registered])).not.toContain("of a neighbour");
  await server({ name: "other" });
  expect([...registered.keys()]).not.toContain("Secret");
});

test("M2 it has a service account of its own, which may only read what its entry names", async () => {
  await server({ kubernetes: { resources: ["pods"] } });
  expect(of("ServiceAccount")).toMatchObject({ automountServiceAccountToken: false });
  expect(of("ClusterRole").rules).toEqual([{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] }]);
  expect(of("ClusterRoleBinding").subjects).toEqual([
    { kind: "ServiceAccount", name: "sophia-infrastructure", namespace: "mcp" },
  ]);
  await server({ kubernetes: undefined });
  expect([...registered.keys()]).not.toContain("ClusterRole");
});

test("M2 S4 its network policy allows egress to what its entry names", async () => {
  await server();
  expect(of("NetworkPolicy").spec).toMatchObject({
    podSelector: { matchLabels: { "app.kubernetes.io/name": "sophia-infrastructure" } },
    policyTypes: ["Egress"],
    egress: [{ to: [{ ipBlock: { cidr: "10.0.0.5/32" } }] }, { to: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }],
  });
});

test("W3 a call may take as long as the gateway waits for it, also when its pod ends", async () => {
  await server({ timeout: 485 });
  const { terminationGracePeriodSeconds, containers } = template().spec as unknown as {
    terminationGracePeriodSeconds: number;
    containers: {
      env: { name: string; value?: string }[];
      lifecycle: { preStop: { sleep: { seconds: number } } };
    }[];
  };
  const [{ env, lifecycle } = { env: [], lifecycle: { preStop: { sleep: { seconds: 0 } } } }] = containers;
  const grace = Number(env.find(({ name }) => name === "SOPHIA_MCP_SHUTDOWN_GRACE")?.value);
  expect(grace).toBeGreaterThanOrEqual(485);
  expect(terminationGracePeriodSeconds).toBeGreaterThan(lifecycle.preStop.sleep.seconds + grace);
});

test("M4 its digest changes with its network policy, and nothing rolls", async () => {
  const digestOf = async (port: number) => {
    const { made } = await server({}, { apiServers: [{ address: "10.0.0.5", port }] });
    return [await resolved(made.digest), JSON.stringify(template())];
  };
  const [first, pods] = await digestOf(6443);
  expect(await digestOf(6443)).toEqual([first, pods]);
  const [other, samePods] = await digestOf(7443);
  expect(other).not.toBe(first);
  expect(samePods).toBe(pods);
});

test("W3 a change of hosts does not restart a server that does not read them", async () => {
  const digestOf = async (hosts: object[]) => {
    await server({ name: "other" }, { hosts });
    return template().metadata.annotations?.["sophia.ai/config"];
  };
  const first = await digestOf([]);
  expect(await digestOf([{ name: "more" }])).toBe(first);
  expect([...registered.keys()]).not.toContain("ConfigMap");
  expect(JSON.stringify(template().spec)).not.toContain("configMap");
});

test("W3 it rolls without downtime when its values change, and only then", async () => {
  const digestOf = async (...args: Parameters<typeof server>) => {
    await server(...args);
    return template().metadata.annotations?.["sophia.ai/config"];
  };
  const first = await digestOf();
  expect(first).toMatch(/^[0-9a-f]{16}$/);
  expect(await digestOf()).toBe(first);
  expect(await digestOf({}, { provided: provided("rotated") })).not.toBe(first);
  expect(await digestOf({}, { hosts: [{ name: "other" }] })).not.toBe(first);
  expect(of("Deployment").spec).toMatchObject({
    replicas: 1,
    strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    template: { spec: { serviceAccountName: "sophia-infrastructure" } },
  });
  expect(of("PodDisruptionBudget").spec).toMatchObject({
    maxUnavailable: 1,
    unhealthyPodEvictionPolicy: "AlwaysAllow",
  });
});

test("W2 it scales by CPU where its entry allows several replicas and the stack enables it", async () => {
  const many = { replicas: { min: 2, max: 5 }, gpuSlices: 0 };
  await server(many);
  expect(of("HorizontalPodAutoscaler").spec).toMatchObject({
    minReplicas: 2,
    maxReplicas: 5,
    metrics: [{ resource: { name: "cpu", target: { averageUtilization: 70 } } }],
  });
  await server(many, { settings: mcpSettings.parse({ autoscaling: false }) });
  expect(of("HorizontalPodAutoscaler").spec).toMatchObject({ minReplicas: 2, maxReplicas: 2 });
});

test("W2 W3 the autoscaler alone sets the number of replicas after the first, except where one is all there can be", async () => {
  const ignored: unknown[] = [];
  const look: pulumi.ResourceTransformation = ({ type, opts }) => {
    if (type.endsWith(":Deployment")) ignored.push((opts as pulumi.CustomResourceOptions).ignoreChanges);
    return undefined;
  };
  const opts = { transformations: [look] };
  const many = { replicas: { min: 2, max: 5 }, gpuSlices: 0 };
  for (const autoscaling of [true, false]) {
    await server(many, { settings: mcpSettings.parse({ autoscaling }) }, opts);
    expect(of("Deployment").spec).toMatchObject({ replicas: 2 });
  }
  // Settings may give it more.
  await server({ replicas: { min: 1, max: 1 }, gpuSlices: 0 }, {}, opts);
  expect(of("HorizontalPodAutoscaler").spec).toMatchObject({ minReplicas: 1, maxReplicas: 1 });
  expect(ignored).toEqual([["spec.replicas"], ["spec.replicas"], ["spec.replicas"]]);
  const volume = { path: "/data", size: "2Gi" };
  await server({ replicas: { min: 1, max: 1 }, volume }, {}, opts);
  expect([...registered.keys()]).not.toContain("HorizontalPodAutoscaler");
  expect(of("Deployment").spec).toMatchObject({ replicas: 1 });
  expect(ignored.at(-1)).toBeUndefined();
});

test("W2 with a GPU slice it scales by the GPU, and leaves a slice free for a rollout", async () => {
  const gpuScaling = { targetPercent: 80, quietSeconds: 60, slices: 4 };
  await server({ replicas: { min: 1, max: 10 } }, { gpuScaling });
  expect(of("HorizontalPodAutoscaler").spec).toMatchObject({
    minReplicas: 1,
    maxReplicas: 3,
    metrics: [
      {
        type: "Pods",
        pods: {
          metric: { name: "gpu_utilization" },
          target: { type: "AverageValue", averageValue: "80" },
        },
      },
    ],
    behavior: { scaleDown: { stabilizationWindowSeconds: 60 } },
  });
  for (const off of [undefined, { ...gpuScaling, slices: 2 }]) {
    await server({}, { gpuScaling: off });
    expect(of("HorizontalPodAutoscaler").spec).toMatchObject({ minReplicas: 1, maxReplicas: 1 });
  }
});

test("M2 with a volume the old pod is deleted before the new one is created: two would write to it", async () => {
  await server({ replicas: { min: 1, max: 1 }, volume: { path: "/data", size: "2Gi" } });
  expect(of("Deployment").spec).toMatchObject({ strategy: { type: "Recreate" } });
});

test("M1 an image of its makers can be named by digest; all others share one", async () => {
  const image = () => template().spec.containers as unknown as { image: string }[];
  const pinned = `registry.test/other:2@sha256:${"0".repeat(64)}`;
  await server();
  expect(image()[0]?.image).toBe("registry.test/servers:1");
  const settings = mcpSettings.parse({ servers: { sophia_infrastructure: { image: pinned } } });
  await server({ image: "registry.test/other:2" }, { settings });
  expect(image()[0]?.image).toBe(pinned);
});
