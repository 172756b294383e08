import type { Rule } from "../../engine/rule.ts";
import { list, object } from "../../engine/values.ts";

export const gpuAutoscaling: Rule = {
  name: "no-gpu-resource-metric",
  description: "No autoscaler scales by a Resource metric of the GPU.",
  severity: "medium",
  why: "Kubernetes measures CPU and memory only: such an autoscaler reads nothing and never scales",
  fix: "use DCGM's metrics through a custom-metrics source (type Pods or External)",
  evaluate({ kubernetes }) {
    if (kubernetes?.kind !== "HorizontalPodAutoscaler") return [];
    return list(object(kubernetes.body.spec).metrics).flatMap((metric, index) => {
      const name = object(metric.resource).name ?? object(metric.containerResource).name;
      return typeof name === "string" && !["cpu", "memory"].includes(name)
        ? [{ path: `spec.metrics[${index}]`, message: `scales by the resource ${name}` }]
        : [];
    });
  },
};
