import type { NamespaceName } from "./names.ts";

/** Pod Security level and ceilings of one namespace. */
export interface NamespaceLimits {
  /** `privileged` only where a workload must reach the host's devices. */
  podSecurity: "restricted" | "privileged";
  /** `hard` of its ResourceQuota. */
  quota: Record<string, string>;
}

const gpu = "nvidia.com/gpu";

/**
 * What each namespace may use.
 * @param gpuSlices time slices of GPUs that MCP servers may take together.
 */
export function limitsOf(gpuSlices: number): Record<NamespaceName, NamespaceLimits> {
  const quota = (pods: number, volumes: number, nodePorts = 0, slices = 0) => ({
    pods: String(pods),
    persistentvolumeclaims: String(volumes),
    "services.nodeports": String(nodePorts),
    "services.loadbalancers": "0",
    // Quotas of extended resources exist for requests only; limits must equal them anyway.
    [`requests.${gpu}`]: String(slices),
  });
  return {
    ingress: { podSecurity: "restricted", quota: quota(25, 0, 2) },
    data: { podSecurity: "restricted", quota: quota(40, 30) },
    mcp: { podSecurity: "restricted", quota: quota(100, 30, 0, gpuSlices) },
    "cnpg-system": { podSecurity: "restricted", quota: quota(10, 0) },
    gpu: { podSecurity: "privileged", quota: quota(50, 0) },
    monitoring: { podSecurity: "restricted", quota: quota(50, 4) },
  };
}

/**
 * Defaults of a container that names no resources. GPUs are not among them: a maximum becomes the default of every
 * container, and a container with an entry for GPUs, even of zero, is refused by a kubelet that has just restarted, the
 * device plugin's own too (decision 20).
 */
export const containerLimits = {
  type: "Container",
  default: { cpu: "500m", memory: "256Mi" },
  defaultRequest: { cpu: "20m", memory: "64Mi" },
};

/** Labels that make Kubernetes refuse pods below the level, and tell who tries. */
export const podSecurityLabels = (level: NamespaceLimits["podSecurity"]): Record<string, string> => ({
  "pod-security.kubernetes.io/enforce": level,
  "pod-security.kubernetes.io/audit": level,
  "pod-security.kubernetes.io/warn": level,
});
