import { basename } from "node:path";
import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { toUrl } from "../../components/network/egress.ts";
import { restrictedContainer, restrictedPod } from "../../components/services/restricted.ts";
import type { Settings } from "../../components/settings/schema.ts";
import { bytesOf } from "../../components/settings/sections/quantities.ts";
import { placement, probes } from "../deployment/pod.ts";
import type { Backend, Engine, GatewayAuth, ResolvedBackend } from "./backend.ts";
import { sessionStore, tunnelContainer } from "./sessionTunnel.ts";

/** Name of the gateway's objects in Kubernetes. */
export const gatewayName = "mcp-gateway";

const resolvedBackend = ({ credential, ...rest }: Backend, url: string): ResolvedBackend => ({
  ...rest,
  url,
  ...(credential && { credential: { header: credential.header, variable: credential.variable } }),
});

/** Content of the engine's configuration file, as soon as the addresses are known. Holds no secret. */
export function gatewayConfig(
  engine: Engine,
  backends: readonly Backend[],
  auth: GatewayAuth,
): pulumi.Output<string> {
  return pulumi.all(backends.map(({ url }) => url)).apply((known) =>
    engine.config(
      backends.map((backend, index) => resolvedBackend(backend, known[index] ?? "")),
      auth,
      sessionStore,
    ),
  );
}

/**
 * Ports of its own connections: twice as many as Linux has by itself, and none that a process of the pod listens on. vMCP opens
 * a connection to a server for each call and closes it, which takes the port away for a minute; where half of all are taken,
 * the kernel searches that half for each connection more.
 */
const ownPorts = { name: "net.ipv4.ip_local_port_range", value: "10000 65535" };

/** Content of the engine's files, by file. Holds no secret. */
export function gatewayFiles(
  engine: Engine,
  config: pulumi.Input<string>,
  auth: GatewayAuth,
): Record<string, pulumi.Input<string>> {
  const authority = auth.by === "oidc" ? auth.authority : undefined;
  return {
    [basename(engine.configFile)]: config,
    ...(authority !== undefined && { [basename(engine.authorityFile)]: authority }),
  };
}

/** Values of the gateway's Secret, by environment variable. */
export const gatewaySecrets = (
  engine: Engine,
  backends: readonly Backend[],
  password: pulumi.Input<string>,
): Record<string, pulumi.Input<string>> => ({
  ...Object.fromEntries(
    backends.flatMap(({ credential }) => (credential ? [[credential.variable, credential.value]] : [])),
  ),
  [engine.sessionPasswordVariable]: password,
});

/**
 * Egress beyond the namespace, whose own policies allow the servers: to vendor-hosted servers, and to the identity
 * provider. One rule for each destination. Pure.
 */
export function gatewayEgress(
  backends: readonly Backend[],
  auth: GatewayAuth,
): types.input.networking.v1.NetworkPolicyEgressRule[] {
  const vendors = backends.flatMap(({ url }) =>
    typeof url === "string" && url.startsWith("https:") ? [url] : [],
  );
  const rules = [...vendors, ...(auth.by === "oidc" ? [auth.issuer] : [])].map(toUrl);
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

/**
 * The gateway's pod: on the MCP node, with the engine's configuration, the variables of the Secret, and the tunnel to Redis.
 * Pure.
 */
export const gatewayPod = (
  engine: Engine,
  settings: Settings["mcp"]["gateway"],
  variables: readonly string[],
  account: pulumi.Input<string>,
  tunnelImage: pulumi.Input<string>,
): types.input.core.v1.PodSpec => {
  const checks = probes(engine.health);
  return {
    serviceAccountName: account,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...placement,
    terminationGracePeriodSeconds: 40,
    securityContext: { ...restrictedPod({ volumes: true }), sysctls: [ownPorts] },
    initContainers: [tunnelContainer(tunnelImage)],
    containers: [
      {
        name: "gateway",
        image: settings.image,
        args: engine.args,
        ports: [
          { name: "mcp", containerPort: engine.port },
          { name: "metrics", containerPort: engine.metricsPort },
        ],
        env: [
          { name: "HOME", value: "/tmp" },
          ...Object.entries(engine.environment(bytesOf(settings.resources.limits.memory))).map(
            ([name, value]) => ({ name, value }),
          ),
          ...variables.map((name) => ({
            name,
            valueFrom: { secretKeyRef: { name: gatewayName, key: name } },
          })),
        ],
        resources: settings.resources,
        securityContext: restrictedContainer,
        ...checks,
        readinessProbe: { ...checks.readinessProbe, initialDelaySeconds: engine.warmUpSeconds },
        // Endpoints lose the pod a moment after it is told to terminate.
        lifecycle: { preStop: { sleep: { seconds: 5 } } },
        volumeMounts: [
          { name: "config", mountPath: "/etc/sophia", readOnly: true },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      { name: "config", configMap: { name: gatewayName } },
      { name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } },
    ],
  };
};
