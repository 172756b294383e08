import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clusterDnsAddress, hostCidr } from "../../../components/network/addresses.ts";
import { flows, type Places, policiesOf } from "../../../components/network/flows.ts";
import { containerLimits, limitsOf, podSecurityLabels } from "../../../components/network/limits.ts";
import { namespaceNames } from "../../../components/network/names.ts";

const places: Places = {
  apiServers: [
    { address: "192.0.2.1", port: 6443 },
    { address: "10.0.0.1", port: 6443 },
  ],
  apiServerSources: ["192.0.2.1/32", "10.42.0.0/16"],
};
const policies = policiesOf(flows);
const specOf = (namespace: string, name: string) => {
  const policy = policies.find((each) => each.namespace === namespace && each.name === name);
  if (!policy) throw new Error(`no policy ${namespace}/${name}`);
  return policy.spec(places);
};

describe("network policies", () => {
  test("S4 refuse everything by default, in every namespace and both directions", () => {
    for (const namespace of namespaceNames) {
      expect(specOf(namespace, "default-deny")).toEqual({
        podSelector: {},
        policyTypes: ["Ingress", "Egress"],
      });
    }
  });

  test("have a name each", () => {
    const names = policies.map(({ namespace, name }) => `${namespace}/${name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test("S4 let every pod ask the cluster's DNS", () => {
    for (const namespace of namespaceNames) {
      expect(specOf(namespace, "dns-out")).toMatchObject({
        podSelector: {},
        egress: [{ ports: [{ port: 53 }, { port: 53, protocol: "UDP" }] }],
      });
    }
  });

  test("S4 open PostgreSQL and Redis to labelled clients only, on both sides", () => {
    for (const store of ["postgres", "redis"]) {
      const label = { [`sophia.ai/${store}-client`]: "true" };
      const inward = JSON.stringify(specOf("data", `mcp-to-${store}-in`).ingress);
      expect(inward).toContain(JSON.stringify({ matchLabels: label }));
      expect(inward).toContain('"kubernetes.io/metadata.name":"mcp"');
      expect(specOf("mcp", `mcp-to-${store}-out`).podSelector).toEqual({ matchLabels: label });
    }
  });

  test("S4 only Nginx is open to the world", () => {
    const open = policies.filter((policy) => {
      const { ingress } = policy.spec(places) as { ingress?: unknown };
      return JSON.stringify(ingress ?? "").includes("0.0.0.0/0");
    });
    expect(open.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual(["ingress/web-in"]);
  });

  test("W2 S4 the GPU metrics hear the networks that the API server calls from, and ask the exporters alone", () => {
    expect(specOf("monitoring", "gpu-metrics-api-in").ingress).toEqual([
      {
        from: places.apiServerSources.map((cidr) => ({ ipBlock: { cidr } })),
        ports: [{ port: 8443, protocol: "TCP" }],
      },
    ]);
    const exporter = { "app.kubernetes.io/name": "dcgm-exporter" };
    expect(specOf("gpu", "gpu-metrics-to-exporter-in")).toMatchObject({
      podSelector: { matchLabels: exporter },
      ingress: [{ ports: [{ port: 9400 }] }],
    });
  });

  test("nobody may go out to the world", () => {
    for (const policy of policies) {
      const { egress } = policy.spec(places) as { egress?: unknown };
      expect(JSON.stringify(egress ?? "")).not.toContain("0.0.0.0/0");
    }
  });

  test("reach Kubernetes's API at its real addresses", () => {
    expect(specOf("cnpg-system", "operator-to-api-out").egress).toEqual([
      { to: [{ ipBlock: { cidr: "192.0.2.1/32" } }], ports: [{ port: 6443, protocol: "TCP" }] },
      { to: [{ ipBlock: { cidr: "10.0.0.1/32" } }], ports: [{ port: 6443, protocol: "TCP" }] },
    ]);
  });

  test("the API server reaches the operator's webhooks, also through the pod network's tunnel", () => {
    expect(specOf("cnpg-system", "operator-webhook-in").ingress).toEqual([
      {
        from: [{ ipBlock: { cidr: "192.0.2.1/32" } }, { ipBlock: { cidr: "10.42.0.0/16" } }],
        ports: [{ port: 9443, protocol: "TCP" }],
      },
    ]);
  });
});

describe("limits", () => {
  test("S4 Pod Security is restricted everywhere but for the GPU's device plugin", () => {
    const levels = Object.entries(limitsOf(4)).map(([name, { podSecurity }]) => `${name} ${podSecurity}`);
    expect(levels.filter((level) => level.endsWith(" privileged"))).toEqual(["gpu privileged"]);
    expect(podSecurityLabels("restricted")["pod-security.kubernetes.io/enforce"]).toBe("restricted");
  });

  test("K5 MCP servers share four slices, others have none", () => {
    const slices = Object.entries(limitsOf(4)).map(([name, { quota }]) => [
      name,
      quota["requests.nvidia.com/gpu"],
    ]);
    expect(Object.fromEntries(slices)).toEqual({
      ingress: "0",
      data: "0",
      mcp: "4",
      "cnpg-system": "0",
      gpu: "0",
      monitoring: "0",
    });
  });

  test("K5 a container that names no GPU has no entry for one, by which a restarted kubelet would refuse it", () => {
    expect(JSON.stringify(containerLimits)).not.toContain("gpu");
  });
});

describe("addresses", () => {
  test("the cluster's DNS is the tenth address of the service network", () => {
    expect(clusterDnsAddress("10.43.0.0/16")).toBe("10.43.0.10");
    expect(clusterDnsAddress("192.168.5.77/24")).toBe("192.168.5.10");
    expect(clusterDnsAddress("172.16.0.16/28")).toBe("172.16.0.26");
  });

  test.each(["10.43.0.0/29", "fd00::/108", "10.43.0.0/x", ""])("%j is no service network", (cidr) => {
    expect(() => clusterDnsAddress(cidr)).toThrow(/service network/);
  });

  test("a policy takes addresses, never names", () => {
    fc.assert(fc.property(fc.ipV4(), (address) => hostCidr(address) === `${address}/32`));
    for (const name of ["server.test", "", "10.0.0.256", "10.0.0", "fd00::1"]) {
      expect(() => hostCidr(name)).toThrow(/IPv4/);
    }
  });
});
