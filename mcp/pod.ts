import { createHash } from "node:crypto";
import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { secretsFolder } from "../components/settings/environment/uses.ts";
import type { Settings } from "../components/settings/schema.ts";
import type { DeployedEntry } from "./catalog/index.ts";
import { alive, bridged, watched } from "./catalog/vendor.ts";

type Container = types.input.core.v1.Container;

/** The unprivileged user of the servers' image. */
const user = 10001;

/** A name as Kubernetes wants it. */
export const dns = (name: string) => name.replaceAll("_", "-");

/** Of a Service whose address others are told before anything stands behind it. */
export const addressAtOnce = { "pulumi.com/skipAwait": "true" };

/** Digest of what a server is made of; of its secrets the parts hold names and digests only. */
export const digestOf = (...parts: unknown[]): pulumi.Output<string> =>
  pulumi.unsecret(
    pulumi
      .output(parts)
      .apply((known) => createHash("sha256").update(JSON.stringify(known)).digest("hex").slice(0, 16)),
  );

/** Pod Security's "restricted", and a root file system that cannot be written. */
export const podSecurity = {
  runAsNonRoot: true,
  runAsUser: user,
  runAsGroup: user,
  fsGroup: user,
  seccompProfile: { type: "RuntimeDefault" },
};
export const containerSecurity = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
/** Where all MCP servers run. */
export const placement = {
  nodeSelector: { "kubernetes.io/hostname": "mcp-node" },
  tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
};

/**
 * Startup is asked each second; then a server that hangs is started anew, and one that is not ready gets no calls. Who
 * hangs does not hear that it should end, and holds calls of the gateway until it is gone, so its time to end is short.
 */
export function probes(
  health: DeployedEntry["health"],
): Pick<Container, "startupProbe" | "livenessProbe" | "readinessProbe"> {
  const ask = (path: "live" | "ready") =>
    typeof health === "string"
      ? { tcpSocket: { port: "mcp" } }
      : { httpGet: { path: health[path], port: "mcp" } };
  return {
    startupProbe: { ...ask("live"), periodSeconds: 1, failureThreshold: 90 },
    livenessProbe: {
      ...ask("live"),
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 3,
      terminationGracePeriodSeconds: 10,
    },
    readinessProbe: { ...ask("ready"), periodSeconds: 5, timeoutSeconds: 5 },
  };
}

/** Whether a second port tells if the program itself answers. */
const tellsAlive = ({ kind, health }: DeployedEntry) => kind === "stdio" || health === "program";

/**
 * By the program's own answers: one that hangs is told to end after 30 to 60 s, and is back when its container has
 * started. A bridge then waits for a child that does not listen, so its time to end is short.
 */
const programProbe: Container["livenessProbe"] = {
  httpGet: { path: alive.path, port: "alive" },
  periodSeconds: 10,
  timeoutSeconds: 10,
  failureThreshold: 3,
  terminationGracePeriodSeconds: 10,
};

export interface PodArgs {
  settings: Settings["mcp"];
  environment: types.input.core.v1.EnvVar[];
  /** Whether the list of hosts is mounted. */
  hosts: boolean;
  /** Whether there are secrets to mount. */
  files: boolean;
  image: pulumi.Input<string>;
  account: pulumi.Input<string>;
}

/**
 * The pod of one MCP server: on the MCP node, in the namespace's "restricted" terms, with its own secrets and no
 * others. Pure.
 */
export function podSpec(entry: DeployedEntry, args: PodArgs): types.input.core.v1.PodSpec {
  const { settings } = args;
  const slices: Record<string, string> =
    entry.gpuSlices > 0 ? { "nvidia.com/gpu": String(entry.gpuSlices) } : {};
  const resources = settings.servers[entry.name]?.resources ?? entry.resources ?? settings.resources;
  return {
    serviceAccountName: args.account,
    automountServiceAccountToken: entry.kubernetes !== undefined,
    enableServiceLinks: false,
    ...placement,
    ...(entry.gpuSlices > 0 ? { runtimeClassName: settings.runtimeClass } : {}),
    terminationGracePeriodSeconds: 40,
    securityContext: podSecurity,
    containers: [
      {
        name: "server",
        image: args.image,
        ...commandOf(entry),
        ports: [
          { name: "mcp", containerPort: entry.port },
          ...(tellsAlive(entry) ? [{ name: "alive", containerPort: alive.port }] : []),
        ],
        env: [
          ...args.environment,
          // Programs that keep settings or caches look for a home; this one is gone with the pod.
          ...(entry.source.registry === "own" ? [] : [{ name: "HOME", value: "/tmp" }]),
          // What the NVIDIA runtime mounts of the driver; the device plugin says which GPU.
          ...(entry.gpuSlices > 0 ? [{ name: "NVIDIA_DRIVER_CAPABILITIES", value: "compute,utility" }] : []),
        ],
        resources: {
          requests: { ...resources.requests, ...slices },
          limits: { ...resources.limits, ...slices },
        },
        securityContext: containerSecurity,
        ...probes(entry.health),
        ...(tellsAlive(entry) ? { livenessProbe: programProbe } : {}),
        // Endpoints lose the pod a moment after it is told to stop: wait before closing the door.
        lifecycle: { preStop: { sleep: { seconds: 5 } } },
        volumeMounts: [
          ...(args.hosts ? [{ name: "config", mountPath: "/etc/sophia", readOnly: true }] : []),
          ...(args.files ? [{ name: "secrets", mountPath: secretsFolder, readOnly: true }] : []),
          { name: "tmp", mountPath: "/tmp" },
          ...(entry.volume ? [{ name: "data", mountPath: entry.volume.path }] : []),
        ],
      },
    ],
    volumes: [
      ...(args.hosts ? [{ name: "config", configMap: { name: dns(entry.name) } }] : []),
      ...(args.files
        ? [{ name: "secrets", secret: { secretName: dns(entry.name), defaultMode: 0o440 } }]
        : []),
      { name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } },
      ...(entry.volume ? [{ name: "data", persistentVolumeClaim: { claimName: dns(entry.name) } }] : []),
    ],
  };
}

function commandOf(entry: DeployedEntry): Pick<Container, "command" | "args"> {
  if (entry.kind === "stdio") return { command: bridged(entry.command, entry.port) };
  return {
    ...(entry.command ? { command: startOf(entry, entry.command) } : {}),
    ...(entry.args.length > 0 ? { args: entry.args } : {}),
  };
}

const startOf = ({ health, port }: DeployedEntry, command: string[]) =>
  health === "program" ? watched(command, port) : command;
