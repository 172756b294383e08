import type { types } from "@pulumi/kubernetes";
import { gpuMetric } from "../../components/services/gpuMetrics/api.ts";

/** A new pod is ready before an old one ends. */
export const rolling: types.input.apps.v1.DeploymentStrategy = {
  type: "RollingUpdate",
  rollingUpdate: { maxUnavailable: 0, maxSurge: 1 },
};

/**
 * Drains and upgrades evict at most one pod at a time; of one replica that is all of them, as a drain would never end otherwise.
 * A pod that is not ready serves nobody, and would hold a drain up for as long as it is so: it may always go. Pure.
 */
export const disruptionBudget = (
  matchLabels: Record<string, string>,
): types.input.policy.v1.PodDisruptionBudgetSpec => ({
  maxUnavailable: 1,
  unhealthyPodEvictionPolicy: "AlwaysAllow",
  selector: { matchLabels },
});

type Replicas = { min: number; max: number };

/**
 * For a Deployment that may have more than one replica, which always has an autoscaler: its number counts at its creation
 * only. A number that the program set would be refused once the autoscaler had set another (`.spec.replicas` has one owner
 * in a server-side apply), and one that it no longer set would become 1 until the autoscaler acted.
 */
export const sizedByAutoscaler = { ignoreChanges: ["spec.replicas"] };

/** The least, always: for an autoscaler that keeps a number instead of choosing it. Pure. */
export const fixed = ({ min }: Replicas): Replicas => ({ min, max: min });
type Metric = types.input.autoscaling.v2.MetricSpec;

/** Scales up at once, and down after `quietSeconds` of low use. */
const spec = (
  name: string,
  { min, max }: Replicas,
  metric: Metric,
  quietSeconds: number,
): types.input.autoscaling.v2.HorizontalPodAutoscalerSpec => ({
  scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
  minReplicas: min,
  maxReplicas: max,
  metrics: [metric],
  behavior: {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
    },
    scaleDown: { stabilizationWindowSeconds: quietSeconds },
  },
});

/** Scales a Deployment by its CPU, to 70 % of what it requests. Pure. */
export const autoscaler = (name: string, replicas: Replicas) =>
  spec(
    name,
    replicas,
    { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } },
    300,
  );

/** How servers with a GPU slice scale. */
export interface GpuScaling {
  /** Percent of the GPU. */
  targetPercent: number;
  quietSeconds: number;
  /** Slices that all MCP servers may use together. */
  slices: number;
}

/**
 * Scales a Deployment by the utilisation of its pods' GPUs. Kubernetes has Resource metrics for CPU and memory only, so
 * this is a Pods metric. Pure.
 */
export const gpuAutoscaler = (
  name: string,
  replicas: Replicas,
  { targetPercent, quietSeconds }: GpuScaling,
) =>
  spec(
    name,
    replicas,
    {
      type: "Pods",
      pods: {
        metric: { name: gpuMetric },
        target: { type: "AverageValue", averageValue: String(targetPercent) },
      },
    },
    quietSeconds,
  );

/** Replicas with one slice each: one slice stays free for the extra pod of a rollout. Pure. */
export const gpuReplicas = ({ min, max }: Replicas, { slices }: GpuScaling): Replicas => ({
  min,
  max: Math.max(min, Math.min(max, slices - 1)),
});
