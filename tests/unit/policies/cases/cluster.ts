import { deployment, kubernetes, resource } from "../fixtures.ts";
import {
  autoscaler,
  type Case,
  config,
  database,
  goodConfig,
  gpu,
  ingress,
  mcp,
  namespace,
} from "./subjects.ts";

export const clusterCases: Record<string, Case> = {
  "mcp-node": {
    violating: {
      "no selector": mcp(),
      "another node": mcp({ nodeSelector: { "kubernetes.io/hostname": "backend" } }),
    },
    clean: {
      "the MCP node": mcp({ nodeSelector: { "kubernetes.io/hostname": "mcp-node" } }),
      "not an MCP server": kubernetes(deployment()),
    },
  },
  "whole-gpu-slices": {
    violating: {
      "a quarter": gpu("0.25"),
      "a quarter in thousandths": gpu("250m"),
      "two slices": gpu(2),
      "limits only by half": gpu(1, { requests: { "nvidia.com/gpu": 1 }, limits: {} }),
      "no runtime class": gpu(1, {}, { runtimeClassName: undefined }),
      "no toleration": gpu(1, {}, { tolerations: [] }),
      "no node": gpu(1, {}, { nodeSelector: {} }),
      "a quota": kubernetes({
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "q" },
        spec: { hard: { "requests.nvidia.com/gpu": "0.5" } },
      }),
    },
    clean: {
      "one slice": gpu("1"),
      "no GPU": kubernetes(deployment()),
      "a quota of four": kubernetes({
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "q" },
        spec: { hard: { "requests.nvidia.com/gpu": "4" } },
      }),
    },
  },
  "no-gpu-resource-metric": {
    violating: { GPUs: autoscaler("nvidia.com/gpu") },
    clean: { CPU: autoscaler("cpu") },
  },
  "postgres-no-superuser": {
    violating: { "let in": database({ enableSuperuserAccess: true }) },
    clean: { "kept out": database({ enableSuperuserAccess: false }), "by default": database({}) },
  },
  "ingress-tls": {
    violating: {
      none: ingress([]),
      "for another host": ingress([{ hosts: ["other.test"], secretName: "tls" }]),
    },
    clean: {
      "for the host": ingress([{ hosts: ["sophia.test"], secretName: "tls" }]),
      "by a wildcard": ingress([{ hosts: ["*.test"], secretName: "tls" }]),
    },
  },
  "namespace-pod-security": {
    violating: {
      "no label": namespace(undefined),
      privileged: namespace({ "pod-security.kubernetes.io/enforce": "privileged" }),
    },
    clean: { restricted: namespace({ "pod-security.kubernetes.io/enforce": "restricted" }) },
  },
  "k3s-config": {
    violating: {
      "secrets in the clear": config(
        goodConfig.replace("secrets-encryption: true", "secrets-encryption: false"),
      ),
      "kubeconfig for all": config(`${goodConfig}\nwrite-kubeconfig-mode: "0644"`),
      "pods in the clear": config(goodConfig.replace("wireguard-native", "vxlan")),
      "no network policies": config(`${goodConfig}\ndisable-network-policy: true`),
      "anonymous users": config(`${goodConfig}\nkube-apiserver-arg: [anonymous-auth=true]`),
      "everyone may all": config(
        `${goodConfig}\nkube-apiserver-arg: ["authorization-mode=RBAC,AlwaysAllow"]`,
      ),
    },
    clean: {
      "as it must be": config(goodConfig),
      "an agent": config("server: https://192.0.2.1:6443\nprotect-kernel-defaults: true"),
      "another command": resource({ create: "echo" }, "command:local:Command"),
    },
  },
};
