import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { digest } from "../../components/core/digest.ts";
import { restrictedContainer, restrictedPod } from "../../components/services/restricted.ts";
import { secretsFolder } from "../../components/settings/environment/uses.ts";
import type { Settings } from "../../components/settings/schema.ts";
import type { DeployedEntry } from "../catalog/index.ts";
import { alive, bridgeClosingSeconds, bridged, watched } from "../catalog/vendorCommands.ts";

type Container = types.input.core.v1.Container;

/** A server's name in Kubernetes, which allows no underscores. */
export const dns = (name: string) => name.replaceAll("_", "-");

/** Labels of a server's objects; they select its pods. */
export const labelsOf = (name: string) => ({
  "app.kubernetes.io/name": dns(name),
  "app.kubernetes.io/part-of": "sophia-mcp",
});

/** Annotation of a Service whose address other resources need before it has endpoints. */
export const addressAtOnce = { "pulumi.com/skipAwait": "true" };

/** Digest of a server's specification, which holds names and digests of secrets only. */
export const digestOf = (...parts: unknown[]): pulumi.Output<string> =>
  pulumi.unsecret(pulumi.output(parts).apply((known) => digest(JSON.stringify(known))));

/** Where the image has the compiled code of our own programs, which Node.js then need not compile at each start. */
export const compiledCode = { name: "NODE_COMPILE_CACHE", value: "/app/compiled" };
/** Where all MCP servers run. */
export const placement = {
  nodeSelector: { "kubernetes.io/hostname": "mcp-node" },
  tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
};

/**
 * The startup probe runs each second; afterwards a server that hangs is restarted, and one that is not ready receives no
 * calls. A server that hangs ignores SIGTERM and delays calls of the gateway until it is killed, so its grace period is
 * short.
 */
export function probes(
  health: DeployedEntry["health"],
): Pick<Container, "startupProbe" | "livenessProbe" | "readinessProbe"> {
  const check = (path: "live" | "ready") =>
    typeof health === "string"
      ? { tcpSocket: { port: "mcp" } }
      : { httpGet: { path: health[path], port: "mcp" } };
  return {
    startupProbe: { ...check("live"), periodSeconds: 1, failureThreshold: 90 },
    livenessProbe: {
      ...check("live"),
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 3,
      terminationGracePeriodSeconds: 10,
    },
    readinessProbe: { ...check("ready"), periodSeconds: 5, timeoutSeconds: 5 },
  };
}

/** Whether a second port reports if the program itself responds. */
const reportsAlive = ({ kind, health }: DeployedEntry) => kind === "stdio" || health === "program";

/**
 * By the program's own responses: the kubelet terminates one that hangs after 30 to 60 s and restarts it. The bridge then
 * waits for a child that does not react, so the grace period is short.
 */
const programProbe: Container["livenessProbe"] = {
  httpGet: { path: alive.path, port: "alive" },
  periodSeconds: 10,
  timeoutSeconds: 10,
  failureThreshold: 3,
  terminationGracePeriodSeconds: 10,
};

/** Seconds that a pod serves new calls after it is told to terminate: endpoints lose it a moment later. */
const leavingSeconds = 5;

/**
 * Seconds that running calls may take once a pod serves no new ones. Our own servers end as soon as the last call has, so
 * this is as long as a call may take. A bridge also waits for the streams that clients of the 2025 revision hold open, so
 * its limit is short; of other programs it is what they need at most to end. Pure.
 */
export const closingSeconds = ({ source, timeout }: DeployedEntry): number =>
  source.registry === "own" ? timeout : bridgeClosingSeconds;

export interface PodArgs {
  /** Section `mcp`. */
  settings: Settings["mcp"];
  /** All variables of the container. */
  environment: types.input.core.v1.EnvVar[];
  /** Whether the list of hosts is mounted. */
  hosts: boolean;
  /** Whether secrets are mounted. */
  files: boolean;
  /** Image of the server. */
  image: pulumi.Input<string>;
  /** Service account. Its token is mounted only where the entry may read Kubernetes's API. */
  account: pulumi.Input<string>;
}

/**
 * The pod of one MCP server: on the MCP node, within Pod Security's "restricted" level, with its own secrets only. Pure.
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
    terminationGracePeriodSeconds: leavingSeconds + closingSeconds(entry) + 15,
    securityContext: restrictedPod({ volumes: true }),
    containers: [
      {
        name: "server",
        image: args.image,
        ...commandOf(entry),
        ports: [
          { name: "mcp", containerPort: entry.port },
          ...(reportsAlive(entry) ? [{ name: "alive", containerPort: alive.port }] : []),
        ],
        env: [
          ...args.environment,
          // Third-party programs that keep settings or caches need a home; this one ends with the pod.
          entry.source.registry === "own" ? compiledCode : { name: "HOME", value: "/tmp" },
          // What the NVIDIA runtime mounts of the driver; the device plugin chooses the GPU.
          ...(entry.gpuSlices > 0 ? [{ name: "NVIDIA_DRIVER_CAPABILITIES", value: "compute,utility" }] : []),
        ],
        resources: {
          requests: { ...resources.requests, ...slices },
          limits: { ...resources.limits, ...slices },
        },
        securityContext: restrictedContainer,
        // The last lines of a program that ended are then in the pod's status: mostly that its vendor refused its token.
        terminationMessagePolicy: "FallbackToLogsOnError",
        ...probes(entry.health),
        ...(reportsAlive(entry) ? { livenessProbe: programProbe } : {}),
        lifecycle: { preStop: { sleep: { seconds: leavingSeconds } } },
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
