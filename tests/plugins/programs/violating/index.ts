/**
 * For every rule of the policy pack a resource that breaks it, `bad-<rule>`, and one of the same kind that does not,
 * `good-<rule>`. It is only previewed, against a cluster that is not known yet.
 */
import { join } from "node:path";
import * as command from "@pulumi/command";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { InstanceArgs } from "../../../../lambda/provider/resources.ts";
import { container, deployment } from "../../../unit/policies/fixtures.ts";
import { Thing } from "./thing.ts";

const config = new pulumi.Config();
const bad = config.getBoolean("bad") ?? true;
/** Made by the test. Not by configuration: what is there in the clear is refused by itself. */
const key = process.env.TEST_KEY ?? "";

const later = new random.RandomPassword("later", { length: 20 });
const provider = new k8s.Provider("cluster", { kubeconfig: later.result });
const opts = { provider };

/** Both variants of a rule's resource; the bad one only when asked for. */
function pair(rule: string, good: (name: string) => unknown, wrong: (name: string) => unknown): void {
  good(`good-${rule}`);
  if (bad) wrong(`bad-${rule}`);
}

type Changes = Parameters<typeof deployment>[0];
const digest = `ghcr.io/sophia-ai/one@sha256:${"0123456789abcdef".repeat(4)}`;
const workload = (given: Changes = {}) => {
  const { metadata: _, spec } = deployment({ ...given, container: { image: digest, ...given?.container } });
  return (name: string) =>
    new k8s.apps.v1.Deployment(
      name,
      { metadata: { name, namespace: given?.namespace ?? "apps" }, spec: spec as never },
      opts,
    );
};
const shell = (create: pulumi.Input<string>) => (name: string) => new command.local.Command(name, { create });
const securityContext = (change: object) => ({
  container: { securityContext: { ...(container().securityContext as object), ...change } },
});
const namespaced = (level: string) => (name: string) => {
  const labels = { "pod-security.kubernetes.io/enforce": level };
  new k8s.core.v1.Namespace(name, { metadata: { name, labels } }, opts);
  // Policies whose namespace is unknown do not isolate the bad one.
  const namespace = level === "restricted" ? name : later.id;
  const policy = (called: string, spec: object) =>
    new k8s.networking.v1.NetworkPolicy(
      `${name}-${called}`,
      { metadata: { name: called, namespace }, spec: { podSelector: {}, ...spec } },
      opts,
    );
  policy("deny", { policyTypes: ["Ingress", "Egress"] });
  policy("dns", { policyTypes: ["Egress"], egress: [{ ports: [{ port: 53, protocol: "UDP" }] }] });
};
const release =
  (values: Record<string, unknown>): ((name: string) => unknown) =>
  (name) =>
    new k8s.helm.v3.Release(
      name,
      { chart: join(import.meta.dirname, "chart"), name, namespace: "apps", values },
      opts,
    );
const gpu = (amount: string): Changes => ({
  pod: {
    runtimeClassName: "nvidia",
    nodeSelector: { "nvidia.com/gpu.present": "true" },
    tolerations: [{ key: "nvidia.com/gpu", operator: "Exists" }],
  },
  container: {
    resources: {
      requests: { cpu: "1", memory: "1Gi", "nvidia.com/gpu": amount },
      limits: { cpu: "1", memory: "1Gi", "nvidia.com/gpu": amount },
    },
  },
});
const rules = (port: number) => (name: string) =>
  new Thing("lambda:FirewallRules", name, {
    rules: [{ protocol: "tcp", ports: [port, port], source: "0.0.0.0/0" }],
  });
/** With the very inputs that a host of ours has, whose price nobody knows before it is launched. */
const machine = (...instanceTypes: string[]) => {
  const args: InstanceArgs = {
    name: "sophia-violating-all",
    claim: later.id,
    stack: "violating/test",
    hostname: "all",
    instanceTypes,
    regions: ["us-west-1"],
    imageFamily: "lambda-stack-22-04",
    sshKeyName: "sophia-test",
  };
  return (name: string) => new Thing("lambda:Instance", name, { ...args });
};
const k3s = (encrypted: boolean) =>
  shell(
    `CONFIG='protect-kernel-defaults: true\nsecrets-encryption: ${encrypted}\nflannel-backend: wireguard-native'\ntrue`,
  );

pair("no-hard-coded-keys", shell(pulumi.secret(`use ${key}`)), shell(`use ${key}`));
// Of a Secret that is a resource Pulumi's own SDK takes every value as secret.
pair("kubernetes-secrets-are-secret", release({ secret: "" }), release({ secret: "some text" }));
pair("no-stale-snowflake-account", shell("ZNB04675"), shell(["UHDECNO", "CVB64222"].join("-")));
pair("no-vercel", shell("curl https://sophia.test"), shell("curl https://sophia.vercel.app"));
pair(
  "mcp-node",
  workload({ namespace: "mcp", pod: { nodeSelector: { "kubernetes.io/hostname": "mcp-node" } } }),
  workload({ namespace: "mcp" }),
);
pair("whole-gpu-slices", workload(gpu("1")), workload(gpu("0.25")));
pair("non-root", workload(), workload(securityContext({ runAsNonRoot: false })));
pair("read-only-root", workload(), workload(securityContext({ readOnlyRootFilesystem: false })));
pair("drop-all-capabilities", workload(), workload(securityContext({ capabilities: { drop: ["KILL"] } })));
pair("seccomp", workload(), workload(securityContext({ seccompProfile: { type: "Unconfined" } })));
pair("no-latest-tag", workload(), workload({ container: { image: "ghcr.io/sophia-ai/one:latest" } }));
pair("digest-in-production", workload(), workload({ container: { image: "ghcr.io/sophia-ai/one:1.2.3" } }));
pair(
  "allowed-registries",
  workload(),
  workload({ container: { image: digest.replace("sophia-ai", "others") } }),
);
pair("requests-and-limits", workload(), workload({ container: { resources: {} } }));
pair("probes", workload(), workload({ container: { readinessProbe: undefined } }));
pair("no-host-access", workload(), workload({ pod: { hostNetwork: true } }));
pair(
  "no-probe-host",
  workload(),
  workload({ container: { livenessProbe: { httpGet: { host: "192.0.2.1", path: "/", port: 80 } } } }),
);
const autoscaler = (metric: string) => (name: string) =>
  new k8s.autoscaling.v2.HorizontalPodAutoscaler(
    name,
    {
      metadata: { name, namespace: "apps" },
      spec: {
        maxReplicas: 2,
        scaleTargetRef: { kind: "Deployment", name: "one" },
        metrics: [
          {
            type: "Resource",
            resource: { name: metric, target: { type: "Utilization", averageUtilization: 70 } },
          },
        ],
      },
    },
    opts,
  );
pair("no-gpu-resource-metric", autoscaler("cpu"), autoscaler("nvidia.com/gpu"));
/** A Deployment of pods with a slice each, in a namespace of four slices, and its autoscaler. */
const scaled = (maxReplicas: number) => (name: string) => {
  const namespace = `slices-${name}`;
  workload({ ...gpu("1"), namespace })(`${name}-pods`);
  new k8s.core.v1.ResourceQuota(
    `${name}-quota`,
    { metadata: { name, namespace }, spec: { hard: { "requests.nvidia.com/gpu": "4" } } },
    opts,
  );
  new k8s.autoscaling.v2.HorizontalPodAutoscaler(
    name,
    {
      metadata: { name, namespace },
      spec: { maxReplicas, scaleTargetRef: { kind: "Deployment", name: `${name}-pods` } },
    },
    opts,
  );
};
pair("gpu-replicas-fit", scaled(4), scaled(5));
const custom = (name: string, kind: string, spec: object) =>
  new k8s.apiextensions.CustomResource(
    `${name}${kind === "Cluster" ? "" : "-backup"}`,
    { apiVersion: "postgresql.cnpg.io/v1", kind, metadata: { name, namespace: "apps" }, spec },
    opts,
  );
const database =
  (enableSuperuserAccess: boolean, instances: number, backedUp = true) =>
  (name: string) => {
    const plugins = [{ name: "archive", isWALArchiver: true }];
    custom(name, "Cluster", { instances, enableSuperuserAccess, plugins });
    if (backedUp) custom(name, "ScheduledBackup", { schedule: "0 0 3 * * *", cluster: { name } });
  };
pair("postgres-no-superuser", database(false, 2), database(true, 2));
pair("postgres-survives", database(false, 2), database(false, 1));
pair("postgres-base-backup", database(false, 2), database(false, 2, false));
const ingress = (tls: { hosts: string[] }[]) => (name: string) =>
  new k8s.networking.v1.Ingress(
    name,
    { metadata: { name, namespace: "apps" }, spec: { rules: [{ host: "sophia.test" }], tls } },
    opts,
  );
pair("ingress-tls", ingress([{ hosts: ["sophia.test"] }]), ingress([]));
pair("restricted-pods", workload(), workload(securityContext({ procMount: "Unmasked" })));
pair("own-namespace", workload(), workload({ namespace: "default" }));
const role = (verb: string) => (name: string) =>
  new k8s.rbac.v1.ClusterRole(
    name,
    { metadata: { name }, rules: [{ apiGroups: [""], resources: ["pods"], verbs: [verb] }] },
    opts,
  );
pair("least-api-access", role("get"), role("*"));
const service = (type: string) => (name: string) =>
  new k8s.core.v1.Service(
    name,
    { metadata: { name, namespace: "apps" }, spec: { type, ports: [{ port: 80 }] } },
    opts,
  );
pair("single-ingress", service("ClusterIP"), service("LoadBalancer"));
pair("namespace-pod-security", namespaced("restricted"), namespaced("baseline"));
pair("budget", machine("cpu_4x_general"), machine("gpu_8x_h100_sxm5", "gpu_4x_h100_sxm5"));
// Within the budget as the first type, and not as the second.
if (config.getBoolean("either")) machine("gpu_1x_a6000", "gpu_1x_a100")("either");
pair("firewall", rules(443), rules(22));
pair("k3s-config", k3s(true), k3s(false));
// Any `.apply` over a secret makes the whole of it one.
const hidden = (pod: Record<string, unknown>) => (name: string) => {
  const { spec } = deployment({ pod, container: { image: digest } });
  const metadata = { name, namespace: "apps" };
  return new k8s.apps.v1.Deployment(name, { metadata, spec: pulumi.secret(spec) as never }, opts);
};
pair("secret-spec", hidden({}), hidden({ hostNetwork: true, volumes: [{ hostPath: { path: `/${key}` } }] }));
pair("release", release({ note: "nothing" }), release({ hostPID: true, note: key }));

/** Outputs of the stack. */
export const goodOutput = pulumi.secret(key);
export const badOutput = bad ? { note: key } : "nothing";
