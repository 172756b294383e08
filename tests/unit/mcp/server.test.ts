import * as pulumi from "@pulumi/pulumi";
import { beforeEach, expect, test } from "vitest";
import { mcpSettings } from "../../../components/settings/services.ts";
import { readCatalog } from "../../../mcp/catalog/index.ts";
import { sophiaInfrastructure } from "../../../mcp/catalog/sophia.ts";
import { McpServer, type McpServerArgs } from "../../../mcp/server.ts";

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

async function server(change: object = {}, more: Partial<McpServerArgs> = {}) {
  const [entry] = readCatalog([{ ...sophiaInfrastructure, ...change }]);
  if (!entry) throw new Error("no entry");
  const made = new McpServer("mcp", {
    entry,
    settings: mcpSettings.parse({}),
    namespace: "mcp",
    hosts: [{ name: "backend" }],
    apiServers: [{ address: "10.0.0.5", port: 6443 }],
    lambda: { apiUrl: "https://lambda.test/api/v1" },
    secrets: { lambdaApiKey: pulumi.secret(apiKey) },
    ...more,
  });
  // The Service comes last.
  const host = await resolved(made.route.host);
  return { made, host };
}
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

test("M1 one entry gives a path, and a route to its Service in the cluster", async () => {
  const { made, host } = await server();
  expect([made.name, made.path]).toEqual(["sophia_infrastructure", "/mcp/sophia_infrastructure"]);
  expect(host).toBe("sophia-infrastructure.mcp.svc.cluster.local");
  expect(made.route).toMatchObject({ port: 8080, upstreamPath: "/mcp", kind: "sse" });
});

test("M2 S1 its Secret has only the keys that its entry names, and they stay secret on their way", async () => {
  await server();
  expect(of("Secret").stringData).toEqual(secret({ SOPHIA_LAMBDA_API_KEY_FILE: apiKey }));
  const others = [...registered].filter(([type]) => type !== "Secret");
  expect(JSON.stringify(others)).not.toContain(apiKey);
  await server({ name: "other" });
  expect(of("Secret").stringData).toEqual(secret({}));
});

test("M2 it has an account of its own, that may only read what its entry names", async () => {
  await server({ kubernetes: { resources: ["pods"] } });
  expect(of("ServiceAccount")).toMatchObject({ automountServiceAccountToken: false });
  expect(of("ClusterRole").rules).toEqual([{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] }]);
  expect(of("ClusterRoleBinding").subjects).toEqual([
    { kind: "ServiceAccount", name: "sophia-infrastructure", namespace: "mcp" },
  ]);
  registered.clear();
  await server({ kubernetes: undefined });
  expect([...registered.keys()]).not.toContain("ClusterRole");
});

test("M2 S4 its policy lets it out to what its entry names", async () => {
  await server();
  expect(of("NetworkPolicy").spec).toMatchObject({
    podSelector: { matchLabels: { "app.kubernetes.io/name": "sophia-infrastructure" } },
    policyTypes: ["Egress"],
    egress: [{ to: [{ ipBlock: { cidr: "10.0.0.5/32" } }] }, { to: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }],
  });
});

test("W3 it rolls without a gap, when its values change, and only then", async () => {
  const digestOf = async (...args: Parameters<typeof server>) => {
    await server(...args);
    return template().metadata.annotations?.["sophia.ai/config"];
  };
  const first = await digestOf();
  expect(first).toMatch(/^[0-9a-f]{16}$/);
  expect(await digestOf()).toBe(first);
  expect(await digestOf({}, { secrets: { lambdaApiKey: pulumi.secret("rotated") } })).not.toBe(first);
  expect(await digestOf({}, { hosts: [{ name: "other" }] })).not.toBe(first);
  expect(of("Deployment").spec).toMatchObject({
    replicas: 1,
    strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    template: { spec: { serviceAccountName: "sophia-infrastructure" } },
  });
  expect(of("PodDisruptionBudget").spec).toMatchObject({ maxUnavailable: 1 });
});
