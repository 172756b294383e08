import { unknown } from "../../../../policies/engine/values.ts";
import { deployment, kubernetes } from "../fixtures.ts";
import {
  autoscaler,
  binding,
  type Case,
  gpu,
  ingress,
  mcp,
  namespace,
  quota,
  range,
  role,
  saying,
  service,
  workload,
} from "./subjects.ts";

const toleration = (given: object) => gpu(1, {}, { tolerations: [given] });
const node = (affinity: unknown) => gpu(1, {}, { nodeSelector: {}, affinity });
const required = (...nodeSelectorTerms: object[]) =>
  node({ nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } });
const expression = (key: unknown) => ({ matchExpressions: [{ key }] });

const restricted = { "pod-security.kubernetes.io/enforce": "restricted" };
const aggregate = (clusterRoleSelectors: unknown) =>
  kubernetes({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "one" },
    aggregationRule: { clusterRoleSelectors },
  });

export const clusterCases: Record<string, Case> = {
  "mcp-node": {
    violating: {
      "no selector": mcp(),
      "another node": mcp({ nodeSelector: { "kubernetes.io/hostname": "backend" } }),
      "by its label, in another namespace": kubernetes({
        ...deployment(),
        metadata: { name: "one", namespace: "apps", labels: { "app.kubernetes.io/part-of": "sophia-mcp" } },
      }),
      "by its pods' label": workload("Deployment", {}, {}, { "app.kubernetes.io/part-of": "sophia-mcp" }),
    },
    clean: {
      "a node that is not known yet": mcp({ nodeSelector: { "kubernetes.io/hostname": unknown } }),
      "a selector that is not known yet": mcp({ nodeSelector: unknown }),
      "a Service": service("mcp"),
      "the MCP node": mcp({ nodeSelector: { "kubernetes.io/hostname": "mcp-node" } }),
      "not an MCP server": kubernetes(deployment()),
    },
  },
  "whole-gpu-slices": {
    violating: {
      "a quarter": gpu("0.25"),
      "a quarter in thousandths": gpu("250m"),
      "two slices": gpu(2),
      "two slices asked for": saying(
        "resources.requests: nvidia.com/gpu is 2",
        gpu(2, { limits: { "nvidia.com/gpu": 1 } }),
      ),
      "two slices as the limit": saying(
        "resources.limits: nvidia.com/gpu is 2",
        gpu(2, { requests: { "nvidia.com/gpu": 1 } }),
      ),
      "a request without a limit": gpu(1, { requests: { "nvidia.com/gpu": 1 }, limits: {} }),
      "another limit than request": gpu(1, {
        requests: { "nvidia.com/gpu": 1 },
        limits: { "nvidia.com/gpu": 0 },
      }),
      "no runtime class": gpu(1, {}, { runtimeClassName: undefined }),
      "no toleration": gpu(1, {}, { tolerations: [] }),
      "another toleration": gpu(1, {}, { tolerations: [{ key: "other", operator: "Exists" }] }),
      "one value of the taint only": toleration({ key: "nvidia.com/gpu", operator: "Equal", value: "x" }),
      "no operator": toleration({ key: "nvidia.com/gpu" }),
      "neither key nor operator": toleration({}),
      "another effect": toleration({ key: "nvidia.com/gpu", operator: "Exists", effect: "NoExecute" }),
      "no node": gpu(1, {}, { nodeSelector: {} }),
      ...Object.fromEntries(
        ["kubernetes.io/os", "kubernetes.io/arch", "beta.kubernetes.io/os", "beta.kubernetes.io/arch"].map(
          (label) => [`a node by its ${label}`, gpu(1, {}, { nodeSelector: { [label]: "x" } })],
        ),
      ),
      "a node by an affinity to pods": node({ podAntiAffinity: { x: 1 } }),
      "a node that is only preferred": node({
        nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1 }] },
      }),
      "no alternative": required(),
      "any node in one alternative": required(expression("gpu"), expression("kubernetes.io/os")),
      "any node in the other": required({ matchFields: [] }, expression("gpu")),
      ...Object.fromEntries(
        ["nvidia.com/gpu", "requests.nvidia.com/gpu", "limits.nvidia.com/gpu"].map((key) => [
          `a quota of ${key}`,
          quota({ [key]: "0.5" }),
        ]),
      ),
      ...Object.fromEntries(
        ["default", "defaultRequest", "max", "min"].map((key) => [
          `a range's ${key}`,
          range({ [key]: { "nvidia.com/gpu": "0.5" } }),
        ]),
      ),
    },
    clean: {
      "one slice": gpu("1"),
      "a limit alone": gpu(1, { requests: {}, limits: { "nvidia.com/gpu": "1" } }),
      "an amount that is not known yet": gpu(unknown),
      "a limit that is not known yet": gpu(1, { limits: { "nvidia.com/gpu": unknown } }),
      "limits that are not known yet": gpu(1, { limits: unknown }),
      "a request that is not known yet": gpu(1, { requests: { "nvidia.com/gpu": unknown } }),
      "a runtime class that is not known yet": gpu(1, {}, { runtimeClassName: unknown }),
      "tolerations that are not known yet": gpu(1, {}, { tolerations: unknown }),
      "a toleration that is not known yet": gpu(1, {}, { tolerations: [{ key: "other" }, unknown] }),
      "a node that is not known yet": gpu(1, {}, { nodeSelector: unknown }),
      "every taint tolerated": gpu(1, {}, { tolerations: [{ key: "other" }, { operator: "Exists" }] }),
      "the taint's effect": toleration({ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }),
      "a key that is not known yet": toleration({ key: unknown, operator: "Exists" }),
      "an operator that is not known yet": toleration({ key: "nvidia.com/gpu", operator: unknown }),
      "an effect that is not known yet": toleration({
        key: "nvidia.com/gpu",
        operator: "Exists",
        effect: unknown,
      }),
      "a node by two labels": gpu(1, {}, { nodeSelector: { "kubernetes.io/os": "linux", gpu: "true" } }),
      "a node by affinity": required(expression("gpu"), {
        matchExpressions: [{ key: "kubernetes.io/os" }, { key: "gpu" }],
      }),
      "a node by its name": required({ matchFields: [{ key: "metadata.name" }] }),
      "a label that is not known yet": required(expression(unknown)),
      "an affinity that is not known yet": node(unknown),
      "an affinity to nodes that is not known yet": node({ nodeAffinity: unknown }),
      "a requirement that is not known yet": node({
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: unknown },
      }),
      "alternatives that are not known yet": node({
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: unknown } },
      }),
      "no GPU": kubernetes(deployment()),
      "a quota of four": quota({ "requests.nvidia.com/gpu": "4" }),
      "a range of one": range({ max: { "nvidia.com/gpu": "1" }, default: { "nvidia.com/gpu": "0" } }),
    },
  },
  "no-gpu-resource-metric": {
    violating: { GPUs: autoscaler("nvidia.com/gpu") },
    clean: { CPU: autoscaler("cpu"), memory: autoscaler("memory") },
  },
  "ingress-tls": {
    violating: {
      none: ingress([]),
      "no host named": saying("spec.tls: is not set", ingress([], [{ http: {} }])),
      "for one of two hosts": ingress(
        [{ hosts: ["one.test"], secretName: "tls" }],
        [{ host: "one.test" }, { host: "two.test" }],
      ),
      "a wildcard for another domain": ingress([{ hosts: ["*.other"], secretName: "tls" }]),
      "a name that ends like a wildcard": ingress([{ hosts: ["x.test"], secretName: "tls" }]),
      "hosts that are no list": ingress([{ hosts: "sophia.test" }]),
      "for another host": ingress([{ hosts: ["other.test"], secretName: "tls" }]),
    },
    clean: {
      "for the host": ingress([{ hosts: ["sophia.test"], secretName: "tls" }]),
      "several names": ingress(
        [{ hosts: ["one.test", "two.test"] }, { hosts: ["three.test"] }],
        [{ host: "one.test" }, { host: "two.test" }, { host: "three.test" }],
      ),
      "not known yet": ingress(unknown),
      "hosts that are not known yet": ingress([], unknown),
      "by a wildcard": ingress([{ hosts: ["*.test"], secretName: "tls" }]),
    },
  },
  "namespace-pod-security": {
    violating: {
      "no label": namespace(undefined),
      "an old version": saying(
        "enforce-version is v1.18",
        namespace({ ...restricted, "pod-security.kubernetes.io/enforce-version": "v1.18" }),
      ),
      privileged: namespace({ "pod-security.kubernetes.io/enforce": "privileged" }),
    },
    clean: {
      restricted: namespace(restricted),
      ...Object.fromEntries(
        ["latest", unknown].map((version) => [
          `restricted in the version ${String(version)}`,
          namespace({ ...restricted, "pod-security.kubernetes.io/enforce-version": version }),
        ]),
      ),
      "labels that are not known yet": namespace(unknown),
      "a label that is not known yet": namespace({ "pod-security.kubernetes.io/enforce": unknown }),
    },
  },
  "least-api-access": {
    violating: {
      "every verb": saying(
        "rules[1].verbs: is a wildcard",
        role("Role", [{ verbs: ["get"] }, { verbs: ["get", "*"] }]),
      ),
      "every resource": saying(
        "rules[0].resources: is a wildcard",
        role("ClusterRole", [{ resources: ["*"] }]),
      ),
      "every resource and what is below": saying(
        "rules[0].resources:",
        role("Role", [{ resources: ["*/*"] }]),
      ),
      ...Object.fromEntries(
        ["escalate", "bind", "impersonate"].map((verb) => [
          `the verb ${verb}`,
          saying(`rules[0].verbs: holds ${verb}`, role("ClusterRole", [{ verbs: ["get", verb] }])),
        ]),
      ),
      ...Object.fromEntries(
        [{}, null, { matchLabels: {} }, { matchExpressions: [] }].map((empty) => [
          `roles by the selector ${JSON.stringify(empty)}`,
          saying("aggregationRule: takes", aggregate([{ matchLabels: { a: "b" } }, empty])),
        ]),
      ),
      "a cluster administrator": binding("ClusterRoleBinding", "cluster-admin"),
      "an administrator of a namespace": binding("RoleBinding", "cluster-admin"),
      "the default account": workload("Deployment", { automountServiceAccountToken: undefined }),
      "the default account by name": workload("Deployment", {
        serviceAccountName: "default",
        automountServiceAccountToken: undefined,
      }),
      ...Object.fromEntries(
        [null, ""].map((serviceAccountName) => [
          `the default account by ${JSON.stringify(serviceAccountName)}`,
          workload("Deployment", { serviceAccountName, automountServiceAccountToken: undefined }),
        ]),
      ),
      "its token on purpose": workload("Pod", { automountServiceAccountToken: true }),
    },
    clean: {
      "named verbs": role("Role", [
        { verbs: ["get", unknown, "constructor"], resources: ["pods", "pods/*"] },
      ]),
      "roles by a label": aggregate([{ matchLabels: { a: "b" } }]),
      "roles by an expression": aggregate([{ matchExpressions: [{ key: "a", operator: "Exists" }] }]),
      "roles by conditions that are not known yet": aggregate([{ matchLabels: unknown }]),
      "roles by a selector that is not known yet": aggregate([unknown]),
      "roles by selectors that are not known yet": aggregate(unknown),
      "verbs that are not known yet": role("Role", [{ verbs: unknown }]),
      "a narrow role": binding("RoleBinding", "view"),
      "an account of its own": workload("Deployment", {
        serviceAccountName: "one",
        automountServiceAccountToken: undefined,
      }),
      "no token": workload("Deployment", { automountServiceAccountToken: false }),
      "not known yet": workload("Deployment", { automountServiceAccountToken: unknown }),
      "an account that is not known yet": workload("Deployment", {
        serviceAccountName: unknown,
        automountServiceAccountToken: undefined,
      }),
    },
  },
  "single-ingress": {
    violating: {
      "a load balancer": service("ingress", { type: "LoadBalancer" }),
      "a port of the nodes": service("data", { type: "NodePort" }),
      "addresses of hosts": service("ingress", { externalIPs: ["192.0.2.1"] }),
    },
    clean: {
      "a Service inside": service("data", { type: "ClusterIP", externalIPs: [] }),
      "Nginx's": service("ingress", { type: "NodePort" }),
    },
  },
};
