import { describe, expect, test } from "vitest";
import type { Context, Subject } from "../../../policies/engine/rule.ts";
import { verdict } from "../../../policies/engine/rule.ts";
import { Hidden, type Json, unknown } from "../../../policies/engine/values.ts";
import { openNamespaces } from "../../../policies/rules/cluster/defaultDeny.ts";
import { rules } from "../../../policies/rules/index.ts";
import { contextOf, deployment, kubernetes, resource } from "./fixtures.ts";
import { genericValue } from "./keys.ts";

interface Case {
  violating: Record<string, Subject>;
  clean: Record<string, Subject>;
  context?: Partial<Context>;
}

const pod = (change: Json) => kubernetes(deployment({ pod: change }));
const container = (change: Json) => kubernetes(deployment({ container: change }));
const image = (reference: unknown) => container({ image: reference });
const context = (change: Json) =>
  container({
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
      ...change,
    },
  });
const gpu = (amount: unknown, more: Json = {}, podMore: Json = {}) =>
  kubernetes(
    deployment({
      pod: {
        runtimeClassName: "nvidia",
        nodeSelector: { "kubernetes.io/hostname": "mcp-node" },
        tolerations: [{ key: "nvidia.com/gpu", operator: "Exists" }],
        ...podMore,
      },
      container: {
        resources: {
          requests: { cpu: "1", memory: "1Gi", "nvidia.com/gpu": amount },
          limits: { cpu: "1", memory: "1Gi", "nvidia.com/gpu": amount },
          ...more,
        },
      },
    }),
  );
const mcp = (podMore: Json = {}) => kubernetes(deployment({ namespace: "mcp", pod: podMore }));
const secret = (body: Json) => ({ apiVersion: "v1", kind: "Secret", metadata: { name: "auth" }, ...body });
const namespace = (labels: unknown) =>
  kubernetes({ apiVersion: "v1", kind: "Namespace", metadata: { name: "apps", labels } });
const firewallRules = (...all: Json[]) =>
  resource({ rules: all }, "pulumi-nodejs:dynamic/lambda:FirewallRules");
const rule = (port: number, source: string, protocol = "tcp") => ({ protocol, ports: [port, port], source });
const machine = (hourlyUsd?: number) => resource({ hourlyUsd }, "pulumi-nodejs:dynamic/lambda:Instance");
const config = (text: string) =>
  resource(
    { stdin: new Hidden(`# configure\nKIND=server\nCONFIG='${text}'\nmain\n`) },
    "command:remote:Command",
  );
const goodConfig =
  "protect-kernel-defaults: true\nsecrets-encryption: true\nflannel-backend: wireguard-native";
const value = genericValue();
const named = (apiVersion: string, kind: string, spec: Json) =>
  kubernetes({ apiVersion, kind, metadata: { name: "one", namespace: "apps" }, spec });
const autoscaler = (name: string) =>
  named("autoscaling/v2", "HorizontalPodAutoscaler", { metrics: [{ type: "Resource", resource: { name } }] });
const database = (spec: Json) => named("postgresql.cnpg.io/v1", "Cluster", spec);
const ingress = (tls: Json[]) =>
  named("networking.k8s.io/v1", "Ingress", { rules: [{ host: "sophia.test" }], tls });
const networkPolicy = (spec: Json) => named("networking.k8s.io/v1", "NetworkPolicy", spec);

const cases: Record<string, Case> = {
  "no-hard-coded-keys": {
    violating: { "an environment variable": container({ env: [{ name: "DB_PASSWORD", value }] }) },
    clean: {
      "a reference": container({
        env: [{ name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: "db" } } }],
      }),
      "a secret": resource({ password: new Hidden(value) }),
    },
  },
  "kubernetes-secrets-are-secret": {
    violating: {
      "plain text": kubernetes(secret({ stringData: { note: "plain" } })),
      "inside a release": kubernetes(secret({ data: { note: "cGxhaW4=" } }), "release"),
    },
    clean: {
      "marked values": kubernetes(secret({ stringData: { note: new Hidden("x"), "tls.crt": "public" } })),
      "marked as a whole": kubernetes(secret({ stringData: new Hidden({ note: "x" }) })),
      "not known yet": kubernetes(secret({ stringData: { note: unknown } })),
    },
  },
  "no-stale-snowflake-account": {
    violating: {
      "in a URL": resource({ url: "https://scoobyjava-vw02766.snowflakecomputing.com" }),
      "with underscore and capitals": resource({ env: [{ value: "UHDECNO_CVB64222" }] }),
      "in base64": resource({ data: { a: Buffer.from("account: UHDECNO-CVB64222").toString("base64") } }),
      "inside a secret": resource({ dsn: new Hidden("u@scoobyjava-vw02766/SOPHIA_AI") }),
    },
    clean: { "today's": resource({ account: "ZNB04675" }) },
  },
  "no-vercel": {
    violating: {
      "a host": resource({ host: "sophia.vercel.app" }),
      "a variable": resource({ env: { VERCEL_URL: "x" } }),
      "its provider": resource({}, "vercel:index/project:Project"),
    },
    clean: { "another word": resource({ text: "universe overcells" }) },
  },
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
  "non-root": {
    violating: {
      "nothing said": pod({ securityContext: {} }),
      "user 0": pod({ securityContext: { runAsNonRoot: true, runAsUser: 0 } }),
      "overridden by the container": context({ runAsNonRoot: false }),
    },
    clean: { "by the pod": kubernetes(deployment()) },
  },
  "read-only-root": {
    violating: {
      writable: context({ readOnlyRootFilesystem: false }),
      "nothing said": container({ securityContext: {} }),
    },
    clean: { "read-only": kubernetes(deployment()) },
  },
  "drop-all-capabilities": {
    violating: {
      "nothing dropped": context({ capabilities: {} }),
      "one added": context({ capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] } }),
      escalation: context({ allowPrivilegeEscalation: true }),
    },
    clean: { "low ports": context({ capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } }) },
  },
  seccomp: {
    violating: {
      "nothing said": pod({ securityContext: { runAsNonRoot: true } }),
      unconfined: context({ seccompProfile: { type: "Unconfined" } }),
    },
    clean: { "by the pod": kubernetes(deployment()), "not known yet": context({ seccompProfile: unknown }) },
  },
  "no-latest-tag": {
    violating: {
      latest: image("docker.io/library/redis:latest"),
      "no tag": image("docker.io/library/redis"),
      "no tag behind a port": image("registry.test:5000/redis"),
    },
    clean: {
      "a tag": image("docker.io/library/redis:7.0.15"),
      "a digest": image(`docker.io/library/redis@sha256:${"0".repeat(64)}`),
      "not known yet": image(unknown),
    },
  },
  "digest-in-production": {
    context: { stack: "prod" },
    violating: {
      "a tag": image("docker.io/library/redis:7.0.15"),
      "a cluster of the operator": kubernetes({
        apiVersion: "postgresql.cnpg.io/v1",
        kind: "Cluster",
        metadata: { name: "postgres" },
        spec: { imageName: "ghcr.io/cloudnative-pg/postgresql:15.20" },
      }),
    },
    clean: { "a digest": image(`docker.io/library/redis:7.0.15@sha256:${"0".repeat(64)}`) },
  },
  "allowed-registries": {
    violating: {
      "somebody's": image("docker.io/somebody/redis:7"),
      "somebody's by its short name": image("somebody/redis:7"),
      "a name that only begins so": image("ghcr.io/sophia-ai-evil/one:1"),
    },
    clean: { ours: image("ghcr.io/sophia-ai/one:1"), "an official one": image("redis:7.0.15") },
  },
  "requests-and-limits": {
    violating: {
      nothing: container({ resources: {} }),
      "no limit of memory": container({
        resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1" } },
      }),
      "an init container": pod({ initContainers: [{ name: "first", image: "x:1" }] }),
    },
    clean: { all: kubernetes(deployment()), "not known yet": container({ resources: unknown }) },
  },
  probes: {
    violating: { "no readiness": container({ readinessProbe: undefined }) },
    clean: {
      both: kubernetes(deployment()),
      "a job": kubernetes({ ...deployment({ container: { livenessProbe: undefined } }), kind: "Job" }),
    },
  },
  "no-host-access": {
    violating: {
      hostNetwork: pod({ hostNetwork: true }),
      hostPID: pod({ hostPID: true }),
      hostIPC: pod({ hostIPC: true }),
      hostPath: pod({ volumes: [{ name: "v", hostPath: { path: "/var/run/docker.sock" } }] }),
      privileged: context({ privileged: true }),
      "a port of the host": container({ ports: [{ containerPort: 80, hostPort: 80 }] }),
    },
    clean: { "volumes of other kinds": pod({ volumes: [{ name: "v", emptyDir: {} }] }) },
  },
  "no-probe-host": {
    violating: {
      "a probe": container({ livenessProbe: { httpGet: { host: "169.254.169.254", path: "/", port: 80 } } }),
      "a hook": container({ lifecycle: { preStop: { tcpSocket: { host: "192.0.2.1", port: 80 } } } }),
    },
    clean: { "the pod itself": kubernetes(deployment()) },
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
  budget: {
    context: { config: { budget: '{"monthlyUsd":1000}' } },
    violating: { "a dear machine": machine(2) },
    clean: { "a cheap one": machine(1), "price not known": machine() },
  },
  firewall: {
    violating: {
      SSH: firewallRules(rule(22, "0.0.0.0/0")),
      "the Kubernetes API, IPv6": firewallRules(rule(6443, "::/0")),
      "the pod network": firewallRules(rule(8472, "0.0.0.0/0", "udp")),
      "80, but UDP": firewallRules(rule(80, "0.0.0.0/0", "udp")),
      "a range around 80": firewallRules({ protocol: "tcp", ports: [80, 443], source: "0.0.0.0/0" }),
      "all ports": firewallRules({ protocol: "all", source: "0.0.0.0/0" }),
      "rules from the first moment": resource(
        { initialRules: [rule(22, "0.0.0.0/0")] },
        "pulumi-nodejs:dynamic/lambda:FirewallRuleset",
      ),
    },
    clean: {
      web: firewallRules(rule(80, "0.0.0.0/0"), rule(443, "0.0.0.0/0"), {
        protocol: "icmp",
        source: "0.0.0.0/0",
      }),
      "SSH for some": firewallRules(rule(22, "203.0.113.0/24")),
    },
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

test("every rule has its cases, a reason and a remedy", () => {
  expect(rules.map(({ name }) => name).sort()).toEqual(Object.keys(cases).sort());
  for (const { why, fix, description } of rules) {
    for (const text of [why, fix, description]) expect(text.length).toBeGreaterThan(20);
  }
});

for (const each of rules) {
  const { violating, clean, context: more } = cases[each.name] ?? { violating: {}, clean: {} };
  describe(`S3 ${each.name}`, () => {
    test.each(Object.entries(violating))("refuses: %s", (_what, subject) => {
      const [fault] = each.judge(subject, contextOf(more));
      expect(fault).toBeDefined();
      if (fault) expect(verdict(each, [{ subject: "thing", fault }])).toContain(`Fix: ${each.fix}`);
    });
    test.each(Object.entries(clean))("lets pass: %s", (_what, subject) => {
      expect(each.judge(subject, contextOf(more))).toEqual([]);
    });
  });
}

test("L4 the admin ports may be open where the settings say so", () => {
  const firewall = rules.find(({ name }) => name === "firewall");
  const subject = firewallRules(rule(22, "0.0.0.0/0"), rule(6443, "0.0.0.0/0"), rule(8080, "0.0.0.0/0"));
  expect(firewall?.judge(subject, contextOf({ stack: "local" })).map(({ path }) => path)).toEqual([
    "rules[2]",
  ]);
});

test("K5 a quarter of a GPU is refused with what to write instead", () => {
  const slices = rules.find(({ name }) => name === "whole-gpu-slices");
  const [fault] = slices?.judge(gpu("0.25"), contextOf()) ?? [];
  expect(fault?.message).toContain("4 time slices");
});

test("S4 a namespace needs a policy that refuses everything, both ways and for everyone", () => {
  const space = kubernetes({ apiVersion: "v1", kind: "Namespace", metadata: { name: "apps" } });
  const both = { policyTypes: ["Ingress", "Egress"] };
  const open = (spec: Json) => openNamespaces([space, networkPolicy(spec)]);
  expect(open({ podSelector: {}, ...both })).toEqual([]);
  expect(open({ podSelector: {}, policyTypes: ["Ingress"] })).toEqual(["apps"]);
  expect(open({ podSelector: { matchLabels: { a: "b" } }, ...both })).toEqual(["apps"]);
  expect(open({ podSelector: {}, ...both, egress: [{}] })).toEqual(["apps"]);
  expect(openNamespaces([space])).toEqual(["apps"]);
  const elsewhere = {
    apiVersion: "v1",
    kind: "NetworkPolicy",
    metadata: { name: "a", namespace: "other" },
    spec: {},
  };
  expect(openNamespaces([space, kubernetes({ ...elsewhere, spec: { podSelector: {}, ...both } })])).toEqual([
    "apps",
  ]);
  const later = { ...elsewhere, metadata: { name: "a", namespace: unknown }, spec: unknown };
  expect(openNamespaces([space, kubernetes(later)])).toEqual([]);
});
