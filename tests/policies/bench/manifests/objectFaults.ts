import type { Fault, Group, Pair } from "./fault.ts";
import { genericPassword, keys } from "./keys.ts";
import type { Draw } from "./random.ts";
import { type Body, namespace, workload } from "./shapes.ts";

/** A fault of objects that are no workloads: given as they are, and as they should be. */
const pair = (group: Group, name: string, make: (draw: Draw) => Pair): Fault => ({ name, group, make });

/** One object in two variants that differ in one part. */
const variants = (
  group: Group,
  name: string,
  object: (part: unknown, name: string) => Body,
  parts: (draw: Draw) => [clean: unknown, faulty: unknown],
): Fault =>
  pair(group, name, (draw) => {
    const called = `thing-${draw.text("abcdefghij", 4)}`;
    const [clean, faulty] = parts(draw);
    return { clean: [object(clean, called)], faulty: [object(faulty, called)] };
  });

const named = (apiVersion: string, kind: string, name: string, more: Body): Body => ({
  apiVersion,
  kind,
  metadata: { name, namespace: "apps" },
  ...more,
});
const configMap = (name: string, faulty: (draw: Draw) => string): Fault =>
  variants(
    "keys",
    name,
    (part, called) => named("v1", "ConfigMap", called, { data: { "app.conf": part } }),
    (draw) => ["listen 8080;\n", faulty(draw)],
  );

/** A PostgreSQL cluster that is as production's must be, with its backup by the clock, with and without a change. */
const database = (name: string, change: Body): Fault =>
  pair("platform's own", name, (draw) => {
    const called = `thing-${draw.text("abcdefghij", 4)}`;
    const cluster = (part: Body) =>
      named("postgresql.cnpg.io/v1", "Cluster", called, {
        spec: {
          instances: 2,
          imageName: `ghcr.io/cloudnative-pg/postgresql:15.20@sha256:${"0123456789abcdef".repeat(4)}`,
          enableSuperuserAccess: false,
          plugins: [{ name: "barman-cloud.cloudnative-pg.io", isWALArchiver: true }],
          ...part,
        },
      });
    const backup = named("postgresql.cnpg.io/v1", "ScheduledBackup", called, {
      spec: { schedule: "0 0 3 * * *", cluster: { name: called } },
    });
    return { clean: [cluster({}), backup], faulty: [cluster(change), backup] };
  });

/** A Deployment whose pods take a slice of a GPU each, as they must. */
function gpuWorkload(draw: Draw): Body & { metadata: Body } {
  const { object, pod, containers } = workload(draw, ["Deployment"]);
  Object.assign(pod, {
    runtimeClassName: "nvidia",
    nodeSelector: { "nvidia.com/gpu.present": "true" },
    tolerations: [{ key: "nvidia.com/gpu", operator: "Exists" }],
  });
  const { requests, limits } = containers.at(-1)?.resources ?? { requests: {}, limits: {} };
  requests["nvidia.com/gpu"] = limits["nvidia.com/gpu"] = "1";
  return object;
}

export const objectFaults: Fault[] = [
  configMap("key in a config map", (draw) => `listen 8080;\nuse "${draw.one(keys)(draw)}"\n`),
  configMap("password in a config map", (draw) => `db:\n  password: ${genericPassword(draw)}\n`),
  configMap("key in base64", (draw) =>
    Buffer.from(JSON.stringify({ note: draw.one(keys)(draw) })).toString("base64"),
  ),
  variants(
    "namespaces and ingress",
    "Ingress without TLS",
    (part, called) =>
      named("networking.k8s.io/v1", "Ingress", called, {
        spec: {
          tls: part,
          rules: [
            {
              host: "sophia.test",
              http: {
                paths: [
                  {
                    path: "/",
                    pathType: "Prefix",
                    backend: { service: { name: "one", port: { number: 80 } } },
                  },
                ],
              },
            },
          ],
        },
      }),
    () => [[{ hosts: ["sophia.test"], secretName: "tls" }], []],
  ),
  pair("namespaces and ingress", "namespace without Pod Security", (draw) => {
    const { space, wall, dns } = namespace(draw);
    const open = structuredClone(space);
    const level = draw.one(["", "privileged", "baseline"]);
    open.metadata.labels = level === "" ? {} : { "pod-security.kubernetes.io/enforce": level };
    return { clean: [space, wall, dns], faulty: [open, wall, dns] };
  }),
  pair("namespaces and ingress", "namespace without walls", (draw) => {
    const { space, wall, dns } = namespace(draw);
    const half = structuredClone(wall) as Body & { spec: Body };
    half.spec.policyTypes = ["Ingress"];
    return {
      clean: [space, wall, dns],
      faulty: draw.below(2) === 0 ? [space, dns] : [space, half, dns],
    };
  }),
  pair("namespaces and ingress", "namespace without names", (draw) => {
    const { space, wall, dns } = namespace(draw);
    return { clean: [space, wall, dns], faulty: [space, wall] };
  }),
  pair("GPU and MCP", "more replicas than GPU slices", (draw) => {
    const slices = 1 + draw.below(4);
    const pods = gpuWorkload(draw);
    const quota = named("v1", "ResourceQuota", "gpus", {
      spec: { hard: { "requests.nvidia.com/gpu": String(slices) } },
    });
    const scaler = (maxReplicas: number) =>
      named("autoscaling/v2", "HorizontalPodAutoscaler", "gpus", {
        spec: {
          minReplicas: 1,
          maxReplicas,
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: pods.metadata.name },
          metrics: [
            {
              type: "Resource",
              resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } },
            },
          ],
        },
      });
    return { clean: [pods, quota, scaler(slices)], faulty: [pods, quota, scaler(slices + 1)] };
  }),
  variants(
    "GPU and MCP",
    "autoscaler of GPUs",
    (part, called) =>
      named("autoscaling/v2", "HorizontalPodAutoscaler", called, {
        spec: {
          minReplicas: 2,
          maxReplicas: 4,
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "one" },
          metrics: [
            {
              type: "Resource",
              resource: { name: part, target: { type: "Utilization", averageUtilization: 70 } },
            },
          ],
        },
      }),
    () => ["cpu", "nvidia.com/gpu"],
  ),
  variants(
    "platform's own",
    "stale Snowflake account",
    (part, called) => named("v1", "ConfigMap", called, { data: { account: part } }),
    (draw) => [
      "ZNB04675",
      draw
        .one([
          ["UHDECNO", "CVB64222"],
          ["scoobyjava", "vw02766"],
        ])
        .join("-"),
    ],
  ),
  variants(
    "platform's own",
    "depends on Vercel",
    (part, called) => named("v1", "ConfigMap", called, { data: { host: part } }),
    () => ["sophia.test", "sophia.vercel.app"],
  ),
  database("PostgreSQL's superuser", { enableSuperuserAccess: true }),
  database("PostgreSQL without a standby", { instances: 1 }),
  database("PostgreSQL without a backup", { plugins: [] }),
  variants(
    "access to the API",
    "role with wildcards",
    (part, called) =>
      named("rbac.authorization.k8s.io/v1", "Role", called, {
        rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: part }],
      }),
    () => [["get"], ["*"]],
  ),
  variants(
    "access to the API",
    "cluster administrator",
    (part, called) => ({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: called },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: part },
      subjects: [{ kind: "ServiceAccount", name: "one", namespace: "apps" }],
    }),
    () => ["view", "cluster-admin"],
  ),
  variants(
    "wiring",
    "Service open to the world",
    (part, called) =>
      named("v1", "Service", called, {
        spec: { type: part, selector: { app: "one" }, ports: [{ port: 80, targetPort: 8080 }] },
      }),
    () => ["ClusterIP", "LoadBalancer"],
  ),
  pair("wiring", "API version that is gone", (draw) => {
    const { object } = workload(draw, ["CronJob"]);
    return { clean: [object], faulty: [{ ...object, apiVersion: "batch/v1beta1" }] };
  }),
  pair("wiring", "in the default namespace", (draw) => {
    const { object } = workload(draw, ["Deployment", "StatefulSet"]);
    return {
      clean: [object],
      faulty: [{ ...object, metadata: { ...object.metadata, namespace: "default" } }],
    };
  }),
];
