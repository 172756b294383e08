import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { containerEnvironment, secretsFolder } from "../components/settings/environment/uses.ts";
import type { Settings } from "../components/settings/schema.ts";
import type { CatalogEntry } from "./catalog/index.ts";

/** The unprivileged user of the servers' image. */
const user = 10001;

/** A name as Kubernetes wants it. */
export const dns = (name: string) => name.replaceAll("_", "-");

/** Section `mcp`; its image may be one that is still to be built. */
export type McpSettings = Omit<Settings["mcp"], "image"> & { image: pulumi.Input<string> };

/**
 * The pod of one MCP server: on the MCP node, in the namespace's "restricted" terms, with its own secrets and no
 * others. Pure.
 */
export function podSpec(
  entry: CatalogEntry,
  settings: McpSettings,
  lambdaApiUrl: string,
  account: pulumi.Input<string>,
): types.input.core.v1.PodSpec {
  const slices: Record<string, string> =
    entry.gpuSlices > 0 ? { "nvidia.com/gpu": String(entry.gpuSlices) } : {};
  return {
    serviceAccountName: account,
    automountServiceAccountToken: entry.kubernetes !== undefined,
    nodeSelector: { "kubernetes.io/hostname": "mcp-node" },
    tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
    ...(entry.gpuSlices > 0 ? { runtimeClassName: "nvidia" } : {}),
    terminationGracePeriodSeconds: 40,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      fsGroup: user,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [
      {
        name: "server",
        image: settings.image,
        command: ["node", entry.entry],
        ports: [{ name: "mcp", containerPort: entry.port }],
        env: [
          ...containerEnvironment(["mcp-kit", `mcp/${entry.name}`], {
            PORT: String(entry.port),
            SOPHIA_HOSTS_FILE: "/etc/sophia/hosts.json",
            SOPHIA_LAMBDA_API_URL: lambdaApiUrl,
          }),
          // What the NVIDIA runtime mounts of the driver; the device plugin says which GPU.
          ...(entry.gpuSlices > 0 ? [{ name: "NVIDIA_DRIVER_CAPABILITIES", value: "compute,utility" }] : []),
        ],
        resources: {
          requests: { ...settings.resources.requests, ...slices },
          limits: { ...settings.resources.limits, ...slices },
        },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        startupProbe: {
          httpGet: { path: entry.health.live, port: "mcp" },
          periodSeconds: 1,
          failureThreshold: 60,
        },
        livenessProbe: { httpGet: { path: entry.health.live, port: "mcp" }, periodSeconds: 10 },
        readinessProbe: { httpGet: { path: entry.health.ready, port: "mcp" }, periodSeconds: 5 },
        // Endpoints lose the pod a moment after it is told to stop: wait before closing the door.
        lifecycle: { preStop: { sleep: { seconds: 5 } } },
        volumeMounts: [
          { name: "config", mountPath: "/etc/sophia", readOnly: true },
          { name: "secrets", mountPath: secretsFolder, readOnly: true },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      { name: "config", configMap: { name: dns(entry.name) } },
      { name: "secrets", secret: { secretName: dns(entry.name), defaultMode: 0o440 } },
      { name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "16Mi" } },
    ],
  };
}
