import { stringify } from "yaml";
import { gatewaySessions } from "../../components/services/redis/logins.ts";
import type { Engine, GatewayAuth, ResolvedBackend } from "./backend.ts";

const port = 8090;
const metricsPort = 9464;
/** Seconds from one check of a server's health to the next; the first are at its start. */
const checkInterval = 5;
/** Seconds within which a server must answer a check; vMCP wants fewer than the interval. */
const checkTimeout = 4;
/** Bytes that it uses at most while no server floods it. */
const usualMemory = 256 * 2 ** 20;
const configFile = "/etc/sophia/vmcp.yaml";
const authorityFile = "/etc/sophia/issuer.crt";

function incomingAuth(auth: GatewayAuth) {
  if (auth.by === "nginx") return { type: "anonymous" };
  const { issuer, clientId, audience, resource, authority, privateAddress } = auth;
  return {
    type: "oidc",
    oidc: {
      issuer,
      clientId,
      audience,
      resource,
      ...(authority !== undefined && { caBundlePath: authorityFile }),
      ...(privateAddress && { jwksAllowPrivateIp: true }),
    },
  };
}

function outgoingAuth(backends: readonly ResolvedBackend[]) {
  const withCredential = backends.flatMap(({ name, credential }) =>
    credential ? [{ name, credential }] : [],
  );
  return {
    source: "inline",
    default: { type: "unauthenticated" },
    backends: Object.fromEntries(
      withCredential.map(({ name, credential }) => [
        name,
        {
          type: "header_injection",
          headerInjection: { headerName: credential.header, headerValueEnv: credential.variable },
        },
      ]),
    ),
  };
}

/**
 * ToolHive's vMCP with a fixed list of backends, so that it needs no access to Kubernetes.
 * https://github.com/stacklok/toolhive/blob/v0.47.0/docs/arch/10-virtual-mcp-architecture.md
 */
export const vmcp: Engine = {
  port,
  metricsPort,
  configFile,
  authorityFile,
  environment: (memory) => ({
    // Its heap is small and each call allocates: with the default it spends a quarter of its time on garbage collection.
    GOGC: "400",
    // Most of the memory is reserved for live data: responses of up to 100 MB from a server that floods.
    GOMEMLIMIT: String(Math.floor(Math.max(memory / 4, Math.min(memory * 0.8, usualMemory)))),
  }),
  path: "/mcp",
  metadataPath: "/.well-known/oauth-protected-resource",
  statusPath: "/status",
  sessionPasswordVariable: "THV_SESSION_REDIS_PASSWORD",
  health: { live: "/health", ready: "/readyz" },
  // It is ready before it has checked any server, and one whose first check fails has no tools until the second, which ends
  // an interval and a timeout after the first began. The other interval is for its own start.
  warmUpSeconds: 2 * checkInterval + checkTimeout,
  args: ["serve", "--config", configFile, "--host", "0.0.0.0", "--port", String(port)],
  config: (backends, auth, sessions) =>
    stringify({
      name: "sophia",
      groupRef: "sophia",
      backends: backends.map(({ name, url }) => ({ name, url, transport: "streamable-http" })),
      incomingAuth: incomingAuth(auth),
      outgoingAuth: outgoingAuth(backends),
      aggregation: {
        conflictResolution: "prefix",
        conflictResolutionConfig: { prefixFormat: "{workload}_" },
        tools: backends.flatMap(({ name, tools }) => (tools ? [{ workload: name, filter: [...tools] }] : [])),
      },
      sessionStorage: {
        provider: "redis",
        address: `${sessions.host}:${sessions.port}`,
        db: gatewaySessions.database,
        keyPrefix: gatewaySessions.prefix,
      },
      operational: {
        timeouts: {
          default: "30s",
          perWorkload: Object.fromEntries(backends.map(({ name, timeout }) => [name, `${timeout}s`])),
        },
        failureHandling: {
          // A server that is marked unhealthy loses its tools for all clients, so that takes three failed checks: where the
          // CPU is busy, one or two time out without a fault. One good check brings them back.
          healthCheckInterval: `${checkInterval}s`,
          healthCheckTimeout: `${checkTimeout}s`,
          unhealthyThreshold: 3,
          // vMCP 0.47 requires one of two values, and continues with the servers that respond whatever it is. Its default says
          // that all calls fail while one server does.
          partialFailureMode: "best_effort",
          // No longer than a check interval: a server that recovers is offered as soon as its checks pass.
          circuitBreaker: { enabled: true, failureThreshold: 3, timeout: "5s" },
        },
      },
      telemetry: {
        serviceName: "sophia-mcp-gateway",
        tracingEnabled: false,
        metricsEnabled: false,
        enablePrometheusMetricsPath: true,
        prometheusPort: metricsPort,
        metricsOnTransportPort: false,
      },
      // Nginx puts the client's name in front of the user agent, which is in the audit log.
      audit: {
        enabled: true,
        component: "sophia-mcp-gateway",
        includeRequestData: false,
        includeResponseData: false,
      },
    }),
};
