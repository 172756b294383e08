import { AppsV1Api, CoreV1Api, KubeConfig, type V1Node, type V1Pod } from "@kubernetes/client-node";
import { run } from "../exec.ts";
import type { NodeStatus, ReleaseStatus, ServiceStatus } from "./report.ts";

/** What the cluster says of itself. */
export interface ClusterStatus {
  nodes: NodeStatus[];
  services: ServiceStatus[];
}

/** Reads nodes and workloads. @throws when the API does not answer */
export async function readCluster(kubeconfig: string): Promise<ClusterStatus> {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const apps = config.makeApiClient(AppsV1Api);
  const [nodes, pods, deployments, statefulSets, daemonSets] = await Promise.all([
    core.listNode(),
    core.listPodForAllNamespaces(),
    apps.listDeploymentForAllNamespaces(),
    apps.listStatefulSetForAllNamespaces(),
    apps.listDaemonSetForAllNamespaces(),
  ]);
  const workloads = [
    ...deployments.items.map((one) =>
      workload("Deployment", one, one.status?.readyReplicas, one.spec?.replicas),
    ),
    ...statefulSets.items.map((one) =>
      workload("StatefulSet", one, one.status?.readyReplicas, one.spec?.replicas),
    ),
    ...daemonSets.items.map((one) =>
      workload("DaemonSet", one, one.status?.numberReady, one.status?.desiredNumberScheduled),
    ),
    ...postgresClusters(pods.items),
  ];
  return {
    nodes: nodes.items.map(nodeStatus),
    services: workloads.map((one) => withPods(one, pods.items)),
  };
}

interface Workload extends ServiceStatus {
  selector: Record<string, string>;
}

interface Owner {
  metadata?: { name?: string; namespace?: string; creationTimestamp?: Date };
  spec?: { selector?: { matchLabels?: Record<string, string> } };
}

function workload(kind: string, owner: Owner, ready = 0, wanted = 0): Workload {
  return {
    name: owner.metadata?.name ?? "",
    namespace: owner.metadata?.namespace ?? "",
    kind,
    ready,
    wanted,
    node: "",
    ok: ready === wanted && (wanted > 0 || kind === "DaemonSet"),
    ...(owner.metadata?.creationTimestamp && { since: owner.metadata.creationTimestamp.toISOString() }),
    selector: owner.spec?.selector?.matchLabels ?? {},
  };
}

/** CloudNativePG runs its pods itself: they are grouped by their cluster. */
function postgresClusters(pods: V1Pod[]): Workload[] {
  const label = "cnpg.io/cluster";
  const instances = pods.filter((pod) => pod.metadata?.labels?.["cnpg.io/podRole"] === "instance");
  const names = [...new Set(instances.map((pod) => pod.metadata?.labels?.[label] ?? ""))];
  return names.map((name) => {
    const own = instances.filter((pod) => pod.metadata?.labels?.[label] === name);
    const owner = {
      metadata: own[0]?.metadata ?? {},
      spec: { selector: { matchLabels: { [label]: name, "cnpg.io/podRole": "instance" } } },
    };
    return { ...workload("Cluster", owner, own.filter(isReady).length, own.length), name };
  });
}

const isReady = (pod: V1Pod) =>
  pod.status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ??
  false;

/** Where it runs, and if it does not, what its pods say. */
function withPods({ selector, ...service }: Workload, pods: V1Pod[]): ServiceStatus {
  const own = pods.filter(
    (pod) =>
      pod.metadata?.namespace === service.namespace &&
      Object.keys(selector).length > 0 &&
      Object.entries(selector).every(([key, value]) => pod.metadata?.labels?.[key] === value),
  );
  const node = [...new Set(own.map((pod) => pod.spec?.nodeName ?? "unscheduled"))].sort().join(",");
  if (service.ok) return { ...service, node };
  const said = own.filter((pod) => !isReady(pod)).map(whyNot);
  const problem = `${service.ready} of ${service.wanted} ready${said.length > 0 ? `: ${said[0]}` : ", no pod"}`;
  return { ...service, node, problem };
}

function whyNot(pod: V1Pod): string {
  const waiting = pod.status?.containerStatuses?.find((container) => container.state?.waiting)?.state
    ?.waiting;
  const unscheduled = pod.status?.conditions?.find(
    (condition) => condition.type === "PodScheduled" && condition.status === "False",
  );
  const reason = waiting
    ? [waiting.reason, waiting.message].filter(Boolean).join(": ")
    : (unscheduled?.message ?? pod.status?.phase ?? "unknown");
  return `${pod.metadata?.name} ${reason}`.slice(0, 200);
}

function nodeStatus(node: V1Node): NodeStatus {
  const ready = node.status?.conditions?.find((condition) => condition.type === "Ready");
  const ok = ready?.status === "True" && !node.spec?.unschedulable;
  const labels = Object.keys(node.metadata?.labels ?? {});
  const problem = node.spec?.unschedulable ? "cordoned" : `not ready: ${ready?.message ?? "never reported"}`;
  return {
    name: node.metadata?.name ?? "",
    ok,
    ...(ok ? {} : { problem }),
    ...(node.metadata?.creationTimestamp && { since: node.metadata.creationTimestamp.toISOString() }),
    roles: labels
      .filter((label) => label.startsWith("sophia.ai/role-"))
      .map((label) => label.slice("sophia.ai/role-".length)),
    version: node.status?.nodeInfo?.kubeletVersion ?? "",
    gpuSlices: Number(node.status?.allocatable?.["nvidia.com/gpu"] ?? 0),
  };
}

interface HelmRelease {
  name: string;
  namespace: string;
  updated: string;
  status: string;
  chart: string;
}

/** Reads the Helm releases with helm itself. */
export async function readReleases(helm: string, kubeconfigFile: string): Promise<ReleaseStatus[]> {
  const { stdout } = await run(helm, [
    "list",
    "--all-namespaces",
    "--all",
    "--output",
    "json",
    "--kubeconfig",
    kubeconfigFile,
  ]);
  return (JSON.parse(stdout) as HelmRelease[]).map(({ name, namespace, chart, status, updated }) => {
    const ok = status === "deployed";
    const moment = Date.parse(updated.replace(/^(\S+) (\S+?)(\.\d+)? ([+-]\d{4}).*$/, "$1T$2$4"));
    return {
      name,
      namespace,
      chart,
      status,
      ok,
      ...(ok ? {} : { problem: status }),
      ...(Number.isNaN(moment) ? {} : { since: new Date(moment).toISOString() }),
    };
  });
}
