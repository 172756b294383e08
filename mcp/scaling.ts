import type { types } from "@pulumi/kubernetes";

/** At most one pod is taken away at a time by those who may choose when: drains and upgrades. Pure. */
export const disruptionBudget = (
  matchLabels: Record<string, string>,
): types.input.policy.v1.PodDisruptionBudgetSpec => ({
  maxUnavailable: 1,
  selector: { matchLabels },
});

/** Scales a Deployment by its CPU, to 70 % of what it requests: up at once, down when it was quiet for minutes. Pure. */
export const autoscaler = (
  name: string,
  { min, max }: { min: number; max: number },
): types.input.autoscaling.v2.HorizontalPodAutoscalerSpec => ({
  scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
  minReplicas: min,
  maxReplicas: max,
  metrics: [
    { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } },
  ],
  behavior: {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
    },
    scaleDown: { stabilizationWindowSeconds: 300 },
  },
});
