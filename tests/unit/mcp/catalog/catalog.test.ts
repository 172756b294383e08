import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { peerOf } from "../../../../components/network/egress.ts";
import { type CatalogInput, catalogEntry, type DeployedEntry } from "../../../../mcp/catalog/entry.ts";
import { catalog, isDeployed, readCatalog } from "../../../../mcp/catalog/index.ts";
import { sophiaInfrastructure } from "../../../../mcp/catalog/ownServers.ts";
import { clientLabels, egressRules } from "../../../../mcp/deployment/egress.ts";
import { dns } from "../../../../mcp/deployment/pod.ts";

const entryOf = (change: object = {}): DeployedEntry => {
  const [entry] = readCatalog([{ ...sophiaInfrastructure, ...change } as CatalogInput]);
  if (!entry || !isDeployed(entry)) throw new Error("no entry that runs here");
  return entry;
};

/** The 23 of requirement M1. */
const required = [
  ...["sophia_ai_intelligence", "sophia_business_intelligence", "sophia_data_intelligence"],
  ...["sophia_infrastructure", "docker", "pulumi", "lambda_labs_cli", "github", "slack", "notion", "asana"],
  ...["hubspot", "salesforce", "postgres", "snowflake", "snowflake_admin", "snowflake_cortex", "codacy"],
  ...["playwright", "figma_context", "gong", "redis", "memory"],
];

describe("catalog", () => {
  test("M1 has the 23 servers, once each, by names that fit Kubernetes and a URL", () => {
    expect(catalog.map(({ name }) => name).sort()).toEqual([...required].sort());
    for (const { name } of catalog) expect(dns(name)).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/);
  });

  test("M1 two entries of one name are refused", () => {
    expect(() => readCatalog([sophiaInfrastructure, sophiaInfrastructure])).toThrow(
      /MCP catalog cannot be used:\n.*two entries have the same name/,
    );
  });

  test.each([
    [{ port: 80 }, "sophia_infrastructure.port"],
    [{ name: "with-dash" }, "with-dash.name"],
    [{ name: "ends_" }, "ends_.name"],
    [{ name: "status" }, "status.name"],
    [{ name: "mcp_gateway" }, "mcp_gateway.name"],
    [{ name: "mcp_gateway_spread" }, "mcp_gateway_spread.name"],
    [{ name: "mcp_check" }, "mcp_check.name"],
    [{ name: "default" }, "default.name"],
    [{ name: "x".repeat(64) }, `${"x".repeat(64)}.name`],
    [{ name: 7 }, "[1].name"],
    [{ resources: { requests: { cpu: "1" } } }, "sophia_infrastructure.resources.requests.memory"],
    [
      { credential: { header: "Authorization", variable: "X_TOKEN" }, notFederated: "for a good reason" },
      "sophia_infrastructure",
    ],
    [{ kind: "serverless" }, "sophia_infrastructure.kind"],
    [{ source: { registry: "npm", name: "x", version: "^1.2.3" } }, "sophia_infrastructure.source.version"],
    [{ source: { registry: "npm", name: "x", version: "latest" } }, "sophia_infrastructure.source.version"],
    [{ description: "x".repeat(101) }, "sophia_infrastructure.description"],
    [{ gpuSlices: 2 }, "sophia_infrastructure.gpuSlices"],
    [{ kubernetes: { resources: ["secrets"] } }, "sophia_infrastructure.kubernetes.resources[0]"],
    [{ egress: ["anywhere"] }, "sophia_infrastructure.egress[0]"],
    [{ egress: ["api.example.com"] }, "sophia_infrastructure.egress[0]"],
    [{ replicas: { min: 3, max: 2 } }, "sophia_infrastructure.replicas"],
    [{ sessionful: true, replicas: { min: 1, max: 2 } }, "sophia_infrastructure.replicas"],
    [
      { volume: { path: "/data", size: "1Gi" }, replicas: { min: 1, max: 2 } },
      "sophia_infrastructure.replicas",
    ],
    [{ gpu: 1 }, "sophia_infrastructure"],
  ])("M1 a wrong entry is refused with its path: %j", (change, path) => {
    const named = { ...sophiaInfrastructure, name: "other" } as CatalogInput;
    const wrong = { ...sophiaInfrastructure, ...change } as CatalogInput;
    expect(() => readCatalog([named, wrong])).toThrow(`→ at ${path}`);
  });

  test("M1 a token that nothing says the origin of is refused, with where to add it", () => {
    const change = { credential: { header: "Authorization", variable: "X_TOKEN" } };
    expect(() => entryOf(change)).toThrow(
      /which secret X_TOKEN holds: add it to .*vendorTokens.ts, for sophia_infrastructure\n.*at sophia_infrastructure.credential.variable/,
    );
  });

  test("K5 a quarter of a GPU is refused, and what to write instead is said", () => {
    expect(() => entryOf({ gpuSlices: 0.25 })).toThrow(
      /0.25: Kubernetes has no fractions of a GPU.*write a quarter as 1\n.*gpuSlices/,
    );
  });

  test("M1 an endpoint at a vendor's is reached over TLS only", () => {
    const remote = {
      name: "far",
      description: "A server far away.",
      kind: "remote",
      url: "http://mcp.example.com/mcp",
      credential: { header: "Authorization", variable: "TOKEN" },
    };
    expect(catalogEntry.safeParse(remote).error?.issues.map(({ path }) => path.join("."))).toEqual(["url"]);
  });

  test("M1 what is written here is here", () => {
    for (const entry of catalog.filter(isDeployed)) {
      if (entry.source.registry !== "own") continue;
      const [, file = ""] = ("command" in entry && entry.command) || [];
      expect([file, existsSync(file.replace("/app/", ""))]).toEqual([file, true]);
    }
  });
});

describe("egress", () => {
  const servers = [
    { address: "10.0.0.5", port: 6443 },
    { address: "203.0.113.7", port: 6443 },
  ];
  const to = (cidr: string, port: number) => ({
    to: [{ ipBlock: { cidr } }],
    ports: [{ port, protocol: "TCP" }],
  });
  const urls = {
    lambda: "http://10.88.0.1:7600/api/v1",
    inference: "https://llm.test/v1",
    gong: "https://gong.test",
  };
  const internet = (port: number) => ({
    to: [
      { ipBlock: { cidr: "0.0.0.0/0", except: expect.arrayContaining(["10.0.0.0/8", "169.254.0.0/16"]) } },
    ],
    ports: [{ port, protocol: "TCP" }],
  });

  test("S4 a policy has a rule for what the entry names, and for no other part of the platform", () => {
    expect(egressRules(entryOf(), servers, urls)).toEqual([
      to("10.0.0.5/32", 6443),
      to("203.0.113.7/32", 6443),
      to("10.88.0.1/32", 7600),
    ]);
    expect(egressRules(entryOf({ kubernetes: undefined }), servers, urls)).toEqual([
      to("10.88.0.1/32", 7600),
    ]);
    expect(egressRules(entryOf({ egress: [], kubernetes: undefined }), servers, urls)).toEqual([]);
  });

  test("S4 a name opens one port to the internet, and not to the cluster, the hosts or the cloud's metadata", () => {
    const named = entryOf({ kubernetes: undefined, egress: ["api.vendor.test:8443", "inference", "gong"] });
    expect(egressRules(named, servers, urls)).toEqual([internet(8443), internet(443)]);
    const wide = entryOf({ kubernetes: undefined, egress: ["internet"] });
    expect(egressRules(wide, servers, urls)).toEqual([internet(80), internet(443)]);
    const unknown = [{ address: "backend.example", port: 6443 }];
    expect(() => egressRules(entryOf(), unknown, urls)).toThrow(
      /needs an IPv4 address, got "backend.example"/,
    );
  });

  test("S4 the data stores admit, by label, the servers whose entries name them", () => {
    expect(clientLabels(entryOf())).toEqual({});
    expect(Object.keys(clientLabels(entryOf({ egress: ["postgres", "redis"] })))).toEqual([
      "sophia.ai/postgres-client",
      "sophia.ai/redis-client",
    ]);
  });

  test.each([
    ["https://cloud.lambda.ai/api/v1", "cloud.lambda.ai", 443],
    ["http://cloud.lambda.ai", "cloud.lambda.ai", 80],
    ["http://127.0.0.1:7600/api/v1", "127.0.0.1", 7600],
  ])("%s is spoken to at %s:%i", (url, address, port) => expect(peerOf(url)).toEqual({ address, port }));
});
