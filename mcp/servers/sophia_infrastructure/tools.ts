import { z } from "zod";
import type { RentedInstance } from "../kit/lambda.ts";
import { page, paging, type Tool, ToolError, tool } from "../kit/tool.ts";
import type { Kubernetes, KubernetesObject } from "./kubernetes.ts";

export interface Sources {
  /** The stack's hosts, as the program wrote them. */
  hosts(): Promise<unknown[]>;
  kubernetes: Kubernetes;
  /** Instances of the Lambda Cloud account; absent where no key was given. */
  instances?: () => Promise<RentedInstance[]>;
}

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

/** Tools that show what the platform runs on. All are read-only. */
export function infrastructureTools({ hosts, kubernetes, instances }: Sources): Tool[] {
  return [
    tool({
      name: "list_hosts",
      description:
        "List the hosts of this stack with roles, addresses and GPUs, as the deployment knows them.",
      input: z.object(paging),
      run: async (input) => page(await hosts(), input),
    }),
    tool({
      name: "list_nodes",
      description: "List the Kubernetes nodes with readiness, version, capacity and GPU slices.",
      input: z.object(paging),
      run: async (input) => page((await kubernetes.nodes()).map(describeNode), input),
    }),
    tool({
      name: "list_pods",
      description:
        "List pods with node, phase, restarts and what is wrong; filter by namespace or problems only.",
      input: z.object({
        namespace: z.string().max(63).optional().describe("one namespace; left out: all"),
        problems: z.boolean().default(false).describe("only pods that are not healthy"),
        ...paging,
      }),
      run: async ({ namespace, problems, ...rest }) => {
        const pods = (await kubernetes.pods(namespace)).map(describePod);
        return page(problems ? pods.filter((pod) => pod.problem !== undefined) : pods, rest);
      },
    }),
    tool({
      name: "list_instances",
      description:
        "List the GPU instances that the Lambda Cloud account rents, with status, type and hourly price.",
      input: z.object({
        status: z.string().optional().describe("only this status, e.g. active"),
        ...paging,
      }),
      run: async ({ status, ...rest }) => {
        if (!instances) {
          throw new ToolError(
            "This server has no Lambda Cloud API key",
            "Set lambdaApiKey in the stack's ESC environment.",
          );
        }
        const all = await instances();
        return page(status ? all.filter((instance) => instance.status === status) : all, rest);
      },
    }),
  ];
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

function describeNode({ metadata, spec, status }: KubernetesObject) {
  const conditions = (status?.conditions ?? []) as Condition[];
  const ready = conditions.find((condition) => condition.type === "Ready");
  const capacity = record(status?.capacity);
  const roles = Object.keys(metadata.labels ?? {})
    .filter((label) => label.startsWith("sophia.ai/role-"))
    .map((label) => label.slice("sophia.ai/role-".length));
  return {
    name: metadata.name,
    ready: ready?.status === "True",
    ...(ready?.status === "True" ? {} : { reason: ready?.message ?? "the node has not reported" }),
    schedulable: spec?.unschedulable !== true,
    roles,
    version: record(status?.nodeInfo).kubeletVersion,
    cpu: capacity.cpu,
    memory: capacity.memory,
    gpuSlices: Number(capacity["nvidia.com/gpu"] ?? 0),
    since: metadata.creationTimestamp,
  };
}

interface ContainerStatus {
  ready: boolean;
  restartCount: number;
  state?: { waiting?: { reason?: string; message?: string }; terminated?: { reason?: string } };
  lastState?: { terminated?: { reason?: string; exitCode: number } };
}

function describePod({ metadata, spec, status }: KubernetesObject) {
  const containers = (status?.containerStatuses ?? []) as ContainerStatus[];
  const problem = problemOf(status ?? {});
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    node: spec?.nodeName,
    phase: phaseOf(status ?? {}),
    restarts: containers.reduce((sum, container) => sum + container.restartCount, 0),
    ...(problem === undefined ? {} : { problem }),
    since: metadata.creationTimestamp,
  };
}

/** Of a program that crashes, the kubelet's message says only how long it waits. What the program printed is not for a model. */
function waitingOf({ state, lastState }: ContainerStatus) {
  const { reason, exitCode } = lastState?.terminated ?? {};
  if (state?.waiting?.reason !== "CrashLoopBackOff" || exitCode === undefined) return state?.waiting;
  return { ...state.waiting, message: `ended with exit code ${exitCode} (${reason ?? "no reason"})` };
}

const phaseOf = (status: Record<string, unknown>) => String(status.phase ?? "Unknown");

/** What keeps a pod from working, the first cause first: no node, an init container, a container, the pod itself. */
function problemOf(status: Record<string, unknown>): string | undefined {
  const phase = phaseOf(status);
  const containers = (status.containerStatuses ?? []) as ContainerStatus[];
  if (phase === "Succeeded") return undefined;
  if (phase === "Running" && containers.every((container) => container.ready)) return undefined;
  const conditions = (status.conditions ?? []) as Condition[];
  const unscheduled = conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
  const waiting = [...((status.initContainerStatuses ?? []) as ContainerStatus[]), ...containers]
    .map(waitingOf)
    .find((state) => state && state.reason !== "PodInitializing");
  const said = unscheduled ?? waiting ?? (status as { reason?: string; message?: string });
  const reason = said.reason ?? (phase === "Running" ? "not ready" : phase);
  return [reason, said.message].filter(Boolean).join(": ");
}
