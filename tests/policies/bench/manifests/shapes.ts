import type { Draw } from "./random.ts";

export type Body = Record<string, unknown>;

/** A container of a generated pod, to be changed in place. */
export interface Container extends Body {
  name: string;
  image: string;
  env: Body[];
  args: string[];
  ports: Body[];
  volumeMounts: Body[];
  securityContext: Body;
  resources: { requests: Body; limits: Body };
}

/** A generated workload, to be changed in place. */
export interface Workload {
  object: Body & { kind: string; apiVersion: string; metadata: Body };
  metadata: Body & { labels: Body; annotations: Body };
  pod: Body & { securityContext: Body; volumes: Body[] };
  /** Init containers first. */
  containers: Container[];
  /** Those that stay: they have probes. */
  lasting: Container[];
}

const kinds = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"] as const;
type Kind = (typeof kinds)[number];

const apiVersions: Record<Kind, string> = {
  Deployment: "apps/v1",
  StatefulSet: "apps/v1",
  DaemonSet: "apps/v1",
  Job: "batch/v1",
  CronJob: "batch/v1",
  Pod: "v1",
};

const digest = (draw: Draw) => `sha256:${draw.text("0123456789abcdef", 64)}`;

function container(draw: Draw, name: string, probes: boolean): Container {
  const probe = (path: string) => ({ httpGet: { path, port: 8080 }, periodSeconds: 10 });
  const amount = { cpu: draw.one(["100m", "250m", "1"]), memory: draw.one(["64Mi", "256Mi", "1Gi"]) };
  return {
    name,
    image: `ghcr.io/sophia-ai/${draw.one(["api", "worker", "gateway"])}:1.${draw.below(9)}.0@${digest(draw)}`,
    imagePullPolicy: "Always",
    env: [{ name: "LOG_LEVEL", value: "info" }],
    args: ["serve"],
    ports: [{ name: "http", containerPort: 8080 }],
    volumeMounts: [{ name: "scratch", mountPath: "/tmp" }],
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    resources: { requests: { ...amount }, limits: { ...amount } },
    ...(probes ? { livenessProbe: probe("/live"), readinessProbe: probe("/ready") } : {}),
  };
}

/**
 * A workload that follows all good practice that we know of, in one of many shapes.
 * @param wanted kinds to choose from; by default all
 */
export function workload(draw: Draw, wanted: readonly Kind[] = kinds): Workload {
  const kind = draw.one(wanted);
  const finite = kind === "Job" || kind === "CronJob";
  const name = `${draw.one(["sync", "index", "score", "serve"])}-${draw.text("abcdefghij", 4)}`;
  const labels = { "app.kubernetes.io/name": name };
  const lasting = Array.from({ length: 1 + draw.below(2) }, (_, index) =>
    container(draw, index === 0 ? "main" : "side", !finite),
  );
  const first = Array.from({ length: draw.below(2) }, () => container(draw, "first", false));
  const pod: Workload["pod"] = {
    serviceAccountName: name,
    automountServiceAccountToken: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 10_001,
      runAsGroup: 10_001,
      seccompProfile: { type: "RuntimeDefault" },
    },
    ...(finite ? { restartPolicy: "Never" } : {}),
    ...(first.length > 0 ? { initContainers: first } : {}),
    containers: lasting,
    volumes: [{ name: "scratch", emptyDir: {} }],
  };
  const metadata = { labels: { ...labels }, annotations: {} };
  const template = { metadata, spec: pod };
  const specs: Record<Kind, Body> = {
    Deployment: { replicas: 2, selector: { matchLabels: labels }, template },
    StatefulSet: { replicas: 2, serviceName: name, selector: { matchLabels: labels }, template },
    DaemonSet: { selector: { matchLabels: labels }, template },
    Job: { backoffLimit: 2, ttlSecondsAfterFinished: 600, template },
    CronJob: {
      schedule: "15 3 * * *",
      startingDeadlineSeconds: 60,
      jobTemplate: { spec: { backoffLimit: 2, template } },
    },
    Pod: pod,
  };
  const object = {
    apiVersion: apiVersions[kind],
    kind,
    metadata: { name, namespace: "apps", ...(kind === "Pod" ? metadata : { labels: { ...labels } }) },
    spec: specs[kind],
  };
  return { object, metadata, pod, containers: [...first, ...lasting], lasting: finite ? [] : lasting };
}

const policy = (namespace: string, name: string, spec: Body): Body => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name, namespace },
  spec: { podSelector: {}, ...spec },
});

/** A namespace as it must be, with the wall that belongs to it, and the way through it to the cluster's DNS. */
export function namespace(draw: Draw): {
  space: Body & { metadata: { labels: Body } };
  wall: Body;
  dns: Body;
} {
  const name = `team-${draw.text("abcdefghij", 4)}`;
  const labels: Body = { "pod-security.kubernetes.io/enforce": "restricted" };
  return {
    space: { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } as Body & { labels: Body } },
    wall: policy(name, "default-deny", { policyTypes: ["Ingress", "Egress"] }),
    dns: policy(name, "dns", {
      policyTypes: ["Egress"],
      egress: [{ ports: [{ port: 53, protocol: "UDP" }, { port: 53 }] }],
    }),
  };
}
