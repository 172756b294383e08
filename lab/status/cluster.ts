import {
  ApiException,
  AppsV1Api,
  BatchV1Api,
  CoreV1Api,
  CustomObjectsApi,
  type V1ContainerStatus,
  type V1Node,
  type V1Pod,
} from "@kubernetes/client-node";
import { z } from "zod";
import { backupStatus } from "./backup.ts";
import type { BackupStatus, NodeStatus, ServiceStatus } from "./report.ts";
import { TimedConfig } from "./timedConfig.ts";

/** State of the cluster. */
export interface ClusterStatus {
  nodes: NodeStatus[];
  services: ServiceStatus[];
  backup: BackupStatus | undefined;
}

/**
 * Reads nodes, workloads and backups.
 * @param deadline seconds
 * @throws when the API does not answer within the deadline
 */
export async function readCluster(kubeconfig: string, deadline = 15): Promise<ClusterStatus> {
  const config = new TimedConfig(kubeconfig, deadline);
  const core = config.makeApiClient(CoreV1Api);
  const apps = config.makeApiClient(AppsV1Api);
  const batch = config.makeApiClient(BatchV1Api);
  const [nodes, pods, deployments, statefulSets, daemonSets, databases, cronJobs, jobs] = await Promise.all([
    core.listNode(),
    core.listPodForAllNamespaces(),
    apps.listDeploymentForAllNamespaces(),
    apps.listStatefulSetForAllNamespaces(),
    apps.listDaemonSetForAllNamespaces(),
    readDatabases(config.makeApiClient(CustomObjectsApi)),
    batch.listCronJobForAllNamespaces(),
    batch.listJobForAllNamespaces(),
  ]);
  const workloads = [
    ...deployments.items.map((one) => {
      const { readyReplicas, updatedReplicas } = one.status ?? {};
      return workload("Deployment", one, fresh(readyReplicas, updatedReplicas), one.spec?.replicas);
    }),
    ...statefulSets.items.map((one) => {
      const { readyReplicas, updatedReplicas } = one.status ?? {};
      return workload("StatefulSet", one, fresh(readyReplicas, updatedReplicas), one.spec?.replicas);
    }),
    ...daemonSets.items.map((one) => {
      const { numberReady, updatedNumberScheduled, desiredNumberScheduled } = one.status ?? {};
      return workload("DaemonSet", one, fresh(numberReady, updatedNumberScheduled), desiredNumberScheduled);
    }),
    ...databases.map(databaseWorkload),
  ];
  return {
    nodes: nodes.items.map(nodeStatus),
    services: workloads.map((one) => withPods(one, pods.items)),
    backup: backupStatus(cronJobs.items, jobs.items),
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

/** Pods of an older version do not count: they run while a rollout is stuck. */
const fresh = (ready = 0, updated = 0) => Math.min(ready, updated);

const databaseList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), namespace: z.string(), creationTimestamp: z.coerce.date() }),
      spec: z.object({ instances: z.number() }),
      status: z.object({ readyInstances: z.number().optional() }).optional(),
    }),
  ),
});
type Database = z.infer<typeof databaseList>["items"][number];

/** CloudNativePG manages its pods without a Deployment or StatefulSet. */
async function readDatabases(api: CustomObjectsApi): Promise<Database[]> {
  const kind = { group: "postgresql.cnpg.io", version: "v1", resourcePlural: "clusters" };
  try {
    return databaseList.parse(await api.listCustomObjectForAllNamespaces(kind)).items;
  } catch (error) {
    // The operator is not installed yet.
    if (error instanceof ApiException && error.code === 404) return [];
    throw error;
  }
}

function databaseWorkload({ metadata, spec, status }: Database): Workload {
  const matchLabels = { "cnpg.io/cluster": metadata.name, "cnpg.io/podRole": "instance" };
  const owner = { metadata, spec: { selector: { matchLabels } } };
  return workload("Cluster", owner, status?.readyInstances, spec.instances);
}

const isReady = (pod: V1Pod) =>
  pod.status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ??
  false;

/** The nodes that it runs on, or why its pods are not ready. */
function withPods({ selector, ...service }: Workload, pods: V1Pod[]): ServiceStatus {
  const own = pods.filter(
    (pod) =>
      pod.metadata?.namespace === service.namespace &&
      Object.keys(selector).length > 0 &&
      Object.entries(selector).every(([key, value]) => pod.metadata?.labels?.[key] === value),
  );
  const node = [...new Set(own.map((pod) => pod.spec?.nodeName ?? "unscheduled"))].sort().join(",");
  if (service.ok) return { ...service, node };
  const said = own.filter((pod) => !isReady(pod) && pod.status?.phase !== "Succeeded").map(whyNot);
  const why = own.length === 0 ? "no pod" : (said[0] ?? "an older version still runs");
  return { ...service, node, problem: `${service.ready} of ${service.wanted} ready: ${why}` };
}

/** In order of cause: no node, an init container, a container. */
function whyNot(pod: V1Pod): string {
  const { conditions = [], initContainerStatuses = [], containerStatuses = [], phase } = pod.status ?? {};
  const unscheduled = conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
  const waiting = [...initContainerStatuses, ...containerStatuses].map(waitingOf).find(Boolean);
  return `${pod.metadata?.name} ${unscheduled?.message ?? waiting ?? phase ?? "unknown"}`.slice(0, 200);
}

/**
 * A container that waits for the init containers has no reason of its own. Of one that crashes the kubelet says only how long
 * it waits; what the program said last tells why, where the pod keeps it.
 */
function waitingOf({ state, lastState }: V1ContainerStatus): string | undefined {
  const { reason, message } = state?.waiting ?? {};
  if (reason === "PodInitializing") return undefined;
  const said = reason === "CrashLoopBackOff" ? lastState?.terminated?.message : undefined;
  return [reason, said?.trim().split("\n").at(-1) || message].filter(Boolean).join(": ") || undefined;
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
