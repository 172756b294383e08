import type { types } from "@pulumi/kubernetes";
import { dcgmExporter } from "../../network/names.ts";

/** Port of NVIDIA's exporter. */
export const exporterPort = 9400;

/**
 * What is measured, in the exporter's own format. None of these needs profiling, and so no capability: that is why the
 * exporter's longer list is not taken.
 */
export const counters = `DCGM_FI_DEV_GPU_UTIL, gauge, GPU utilization (in %).
DCGM_FI_DEV_FB_USED, gauge, Framebuffer memory used (in MiB).
DCGM_FI_DEV_FB_FREE, gauge, Framebuffer memory free (in MiB).
DCGM_FI_DEV_GPU_TEMP, gauge, GPU temperature (in C).
DCGM_FI_DEV_POWER_USAGE, gauge, Power draw (in W).
`;

const podResources = "/var/lib/kubelet/pod-resources";

/**
 * NVIDIA's DCGM exporter on a host with GPUs: sees all of them, and asks the kubelet which pods hold a slice. Root, for
 * the kubelet's socket is; without any capability. Pure.
 */
export const exporterPod = (image: string, configMap: string): types.input.core.v1.PodSpec => ({
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  runtimeClassName: "nvidia",
  nodeSelector: { "nvidia.com/gpu.present": "true" },
  tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
  securityContext: { seccompProfile: { type: "RuntimeDefault" } },
  containers: [
    {
      name: "exporter",
      image,
      // The image's own start script writes to the root file system.
      command: ["/usr/bin/dcgm-exporter"],
      env: [
        { name: "DCGM_EXPORTER_LISTEN", value: `:${exporterPort}` },
        { name: "DCGM_EXPORTER_COLLECTORS", value: "/etc/sophia/counters.csv" },
        // Milliseconds; its default, 30 s, would be all the time that an autoscaler has to react.
        { name: "DCGM_EXPORTER_INTERVAL", value: "5000" },
        { name: "DCGM_EXPORTER_KUBERNETES", value: "true" },
        // Names every pod that shares a GPU, not just one of them.
        { name: "KUBERNETES_VIRTUAL_GPUS", value: "true" },
        { name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
        { name: "NVIDIA_VISIBLE_DEVICES", value: "all" },
        { name: "NVIDIA_DRIVER_CAPABILITIES", value: "compute,utility" },
      ],
      ports: [{ name: "metrics", containerPort: exporterPort }],
      resources: {
        requests: { cpu: "50m", memory: "128Mi" },
        limits: { cpu: "500m", memory: "1Gi" },
      },
      securityContext: {
        runAsUser: 0,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      },
      startupProbe: { httpGet: { path: "/health", port: "metrics" }, periodSeconds: 2, failureThreshold: 60 },
      readinessProbe: { httpGet: { path: "/health", port: "metrics" }, periodSeconds: 5, timeoutSeconds: 5 },
      livenessProbe: { httpGet: { path: "/health", port: "metrics" }, periodSeconds: 10, timeoutSeconds: 5 },
      volumeMounts: [
        { name: "counters", mountPath: "/etc/sophia", readOnly: true },
        { name: "pod-resources", mountPath: podResources, readOnly: true },
        { name: "tmp", mountPath: "/tmp" },
      ],
    },
  ],
  volumes: [
    { name: "counters", configMap: { name: configMap } },
    { name: "pod-resources", hostPath: { path: podResources, type: "Directory" } },
    { name: "tmp", emptyDir: { sizeLimit: "64Mi" } },
  ],
});

/** A Service that has an address for each exporter, so that the metrics API can query all of them. Pure. */
export const exporterService: types.input.core.v1.ServiceSpec = {
  clusterIP: "None",
  selector: dcgmExporter,
  ports: [{ name: "metrics", port: exporterPort, targetPort: "metrics" }],
};
