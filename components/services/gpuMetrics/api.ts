import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { containerEnvironment } from "../../settings/environment/uses.ts";
import { restrictedContainer, restrictedPod } from "../restricted.ts";

/** Ports of the metrics API: TLS for Kubernetes's API server, plain for the kubelet's probes. */
export const apiPorts = { api: 8443, health: 8080 };

/** The API that Kubernetes's autoscalers read. */
export const apiVersion = { group: "custom.metrics.k8s.io", version: "v1beta2" } as const;

/** What of pods autoscalers can ask for: percent of the GPU that they have a slice of. */
export const gpuMetric = "gpu_utilization";

/** Whom the same process asks how the MCP servers are, for Prometheus at `/metrics` of its plain port. */
export interface McpTargets {
  /** URL at which the gateway reports the health of every MCP server. */
  status: string;
  /** `host:port` of servers that are not behind it, by name. */
  apart: Readonly<Record<string, string>>;
}

export interface ApiPodArgs {
  /** Image of the family `monitoring`. */
  image: pulumi.Input<string>;
  /** Service account, which may list pods. */
  account: pulumi.Input<string>;
  /** Secret with `tls.crt` and `tls.key`. */
  secret: pulumi.Input<string>;
  /** URL at which all exporters answer. */
  exporters: pulumi.Input<string>;
  /** MCP servers whose health it reports. */
  mcp: McpTargets;
}

/**
 * The pod of the metrics API, in Pod Security's "restricted" terms, on the server's host: Kubernetes's API server, its
 * one client, is there. Pure.
 */
export const apiPod = ({
  image,
  account,
  secret,
  exporters,
  mcp,
}: ApiPodArgs): types.input.core.v1.PodSpec => ({
  serviceAccountName: account,
  automountServiceAccountToken: true,
  enableServiceLinks: false,
  nodeSelector: { "sophia.ai/role-server": "true" },
  tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
  securityContext: restrictedPod({ volumes: true }),
  containers: [
    {
      name: "api",
      image,
      command: ["node", "gpu/main.ts"],
      env: containerEnvironment<pulumi.Input<string>>(["gpu-metrics"], {
        PORT: String(apiPorts.health),
        SOPHIA_API_PORT: String(apiPorts.api),
        SOPHIA_GPU_EXPORTERS: exporters,
        SOPHIA_MCP_TARGETS: JSON.stringify(mcp),
        SOPHIA_TLS_FOLDER: "/etc/sophia/tls",
      }),
      ports: [
        { name: "api", containerPort: apiPorts.api },
        { name: "health", containerPort: apiPorts.health },
      ],
      resources: {
        requests: { cpu: "20m", memory: "64Mi" },
        limits: { cpu: "500m", memory: "256Mi" },
      },
      securityContext: restrictedContainer,
      startupProbe: { httpGet: { path: "/healthz", port: "health" }, periodSeconds: 1, failureThreshold: 90 },
      readinessProbe: { httpGet: { path: "/readyz", port: "health" }, periodSeconds: 5, timeoutSeconds: 5 },
      livenessProbe: { httpGet: { path: "/healthz", port: "health" }, periodSeconds: 10, timeoutSeconds: 5 },
      volumeMounts: [{ name: "tls", mountPath: "/etc/sophia/tls", readOnly: true }],
    },
  ],
  volumes: [{ name: "tls", secret: { secretName: secret, defaultMode: 0o440 } }],
});
