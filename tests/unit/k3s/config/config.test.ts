import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { k3sSettings } from "../../../../components/settings/sections/k3s.ts";
import {
  configText,
  nodeAddress,
  nodeConfig,
  nodeLabels,
  restartText,
} from "../../../../k3s/config/config.ts";
import { serverFiles } from "../../../../k3s/config/serverFiles.ts";
import { host, mcpHost, settings } from "../fixtures.ts";

const server = (changes: Record<string, unknown> = {}) =>
  nodeConfig({ host: host(), settings: settings(changes), serverAddress: "203.0.113.10" });
const agent = (changes: Record<string, unknown> = {}) =>
  nodeConfig({ host: mcpHost(), settings: settings(changes), serverAddress: "203.0.113.10" });

describe("addresses", () => {
  test("K2 over public addresses the nodes meet at their external ones, encrypted", () => {
    expect(server()).toMatchObject({
      "node-ip": "10.0.0.10",
      "node-external-ip": "203.0.113.10",
      "flannel-backend": "wireguard-native",
      "flannel-external-ip": true,
    });
    expect(agent()).toMatchObject({
      "node-external-ip": "203.0.113.11",
      server: "https://203.0.113.10:6443",
    });
    expect(agent()).not.toHaveProperty("flannel-backend");
  });

  test("K2 on a shared private network no external address is set", () => {
    const config = server({ nodeAddress: "private", flannelBackend: "host-gw" });
    expect(config).toMatchObject({ "node-ip": "10.0.0.10", "flannel-backend": "host-gw" });
    expect(config).not.toHaveProperty("node-external-ip");
    expect(config).not.toHaveProperty("flannel-external-ip");
  });

  test("a host without private address is refused by name where one is needed", () => {
    const lonely = host({ privateAddress: "" });
    const spec = settings({ nodeAddress: "private", flannelBackend: "vxlan" });
    expect(() => nodeAddress(lonely, spec)).toThrow(/host backend has no private address.*nodeAddress/);
    expect(nodeAddress(lonely, settings())).toBe("203.0.113.10");
    expect(nodeConfig({ host: lonely, settings: settings(), serverAddress: "x" })).not.toHaveProperty(
      "node-ip",
    );
  });

  test("the API's certificate names every address of the server", () => {
    expect(server()["tls-san"]).toEqual(["203.0.113.10", "10.0.0.10"]);
  });
});

describe("labels", () => {
  test("K2 the MCP host's node is mcp-node, labelled by role and GPU", () => {
    expect(agent()).toMatchObject({
      "node-name": "mcp-node",
      "node-label": ["nvidia.com/gpu.present=true", "sophia.ai/role-mcp=true"],
    });
    expect(server()["node-name"]).toBe("backend");
  });

  test("a host's own labels are added, and a host without GPU is not labelled as one with", () => {
    expect(nodeLabels(host({ labels: { "example.com/rack": "7" } }))).toEqual({
      "sophia.ai/role-server": "true",
      "sophia.ai/role-ingress": "true",
      "sophia.ai/role-data": "true",
      "example.com/rack": "7",
    });
  });

  test("K1 labels and taints are no reason to restart a node, anything else is", () => {
    const before = nodeConfig({ host: host(), settings: settings(), serverAddress: "x" });
    const labelled = nodeConfig({
      host: host({ labels: { a: "b" }, taints: ["k=v:NoSchedule"] }),
      settings: settings(),
      serverAddress: "x",
    });
    expect(configText(labelled)).not.toBe(configText(before));
    expect(restartText(labelled)).toBe(restartText(before));
    expect(restartText(server({ clusterCidr: "10.44.0.0/16" }))).not.toBe(restartText(server()));
  });
});

describe("hardening", () => {
  test("secrets are encrypted, the kubeconfig is the owner's, nothing unused is deployed", () => {
    expect(server()).toMatchObject({
      "secrets-encryption": true,
      "write-kubeconfig-mode": "0600",
      "protect-kernel-defaults": true,
      "cluster-init": true,
      "service-node-port-range": "80-443",
      disable: ["traefik", "servicelb"],
    });
    expect(configText(server())).toContain('write-kubeconfig-mode: "0600"');
  });

  test("files that the API server is pointed at are the ones that are written", () => {
    const args = server()["kube-apiserver-arg"];
    expect(args).toContain(`admission-control-config-file=${serverFiles.admission.path}`);
    expect(args).toContain(`audit-policy-file=${serverFiles.auditPolicy.path}`);
    expect(agent()).not.toHaveProperty("kube-apiserver-arg");
  });

  test("S4 pods are restricted unless their namespace says otherwise", () => {
    const { plugins } = parse(serverFiles.admission.text);
    const byName = Object.fromEntries(
      plugins.map((plugin: { name: string; configuration: unknown }) => [plugin.name, plugin.configuration]),
    );
    expect(byName.PodSecurity.defaults.enforce).toBe("restricted");
    expect(byName.PodSecurity.exemptions.namespaces).toEqual(["kube-system"]);
    // Without a limit the API server refuses to start.
    expect(byName.EventRateLimit.limits.length).toBeGreaterThan(0);
  });
});

describe("extraConfig", () => {
  test("comes last: a key replaces, key+ adds", () => {
    const config = server({
      extraConfig: { "kubelet-arg+": ["max-pods=50"], "write-kubeconfig-mode": "0640" },
    });
    expect(config["kubelet-arg"]).toContain("max-pods=50");
    expect(config["kubelet-arg"]).toContain("pod-max-pids=4096");
    expect(config["write-kubeconfig-mode"]).toBe("0640");
    expect(server({ extraConfig: { "kubelet-arg": "max-pods=50" } })["kubelet-arg"]).toBe("max-pods=50");
  });

  test("concerns agents only where they know the key", () => {
    const extraConfig = { "etcd-snapshot-compress": true, "kubelet-arg+": "max-pods=50" };
    expect(agent({ extraConfig })).not.toHaveProperty("etcd-snapshot-compress");
    expect(agent({ extraConfig })["kubelet-arg"]).toContain("max-pods=50");
  });

  test("S1 may set neither secrets nor what the bootstrap sets; every fault is reported with its path", () => {
    const keys = ["token", "etcd-s3-secret-key", "server", "node-name", "node-label+", "data-dir"];
    const result = k3sSettings.safeParse({
      ...settings(),
      extraConfig: Object.fromEntries([...keys, "kubelet-arg+"].map((key) => [key, "x"])),
    });
    expect(result.error?.issues.map(({ path }) => path)).toEqual(keys.map((key) => ["extraConfig", key]));
    expect(result.error?.issues[0]?.message).toContain("a secret must not stand in the settings");
  });
});

test("K1 the same settings always give the same text", () => {
  const one = configText({ b: [1], a: "x" });
  expect(one).toBe(configText({ a: "x", b: [1] }));
  expect(parse(one)).toEqual({ a: "x", b: [1] });
});
