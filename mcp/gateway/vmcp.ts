import { stringify } from "yaml";
import type { Engine, GatewayAuth, ResolvedBackend } from "./backend.ts";

const port = 8090;
const metricsPort = 9464;
/** Bytes that it takes at most while all servers behave. */
const usualMemory = 256 * 2 ** 20;
const configFile = "/etc/sophia/vmcp.yaml";

function incomingAuth(auth: GatewayAuth) {
  if (auth.by === "nginx") return { type: "anonymous" };
  const { issuer, clientId, audience, resource } = auth;
  return { type: "oidc", oidc: { issuer, clientId, audience, resource } };
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
 * ToolHive's vMCP with a fixed list of backends, so that it needs nothing of Kubernetes.
 * https://github.com/stacklok/toolhive/blob/v0.47.0/docs/arch/10-virtual-mcp-architecture.md
 */
export const vmcp: Engine = {
  port,
  metricsPort,
  configFile,
  environment: (memory) => ({
    // Its heap is small and each call makes garbage: by Go's default it would spend a quarter of its time on that.
    GOGC: "400",
    // Most of it is for what cannot be collected: answers of a server that floods, 100 MB each, of which it knows no end.
    GOMEMLIMIT: String(Math.floor(Math.max(memory / 4, Math.min(memory * 0.8, usualMemory)))),
  }),
  path: "/mcp",
  metadataPath: "/.well-known/oauth-protected-resource",
  statusPath: "/status",
  sessionPasswordVariable: "THV_SESSION_REDIS_PASSWORD",
  health: { live: "/health", ready: "/readyz" },
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
        // Not among the keys that the tools of the server `redis` show: who knows a session's name could speak in it.
        db: 1,
        keyPrefix: "mcp-gateway:session:",
      },
      operational: {
        timeouts: {
          default: "30s",
          perWorkload: Object.fromEntries(backends.map(({ name, timeout }) => [name, `${timeout}s`])),
        },
        failureHandling: {
          // Marked dead after two rounds, and well again after two.
          healthCheckInterval: "5s",
          healthCheckTimeout: "4s",
          unhealthyThreshold: 2,
          // Its own sample says bestEffort, its parser wants this.
          partialFailureMode: "best_effort",
          // No longer than a round: a server that comes late is offered as soon as the rounds believe in it.
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
      // Who called is in the user agent: Nginx puts the client's name before it.
      audit: {
        enabled: true,
        component: "sophia-mcp-gateway",
        includeRequestData: false,
        includeResponseData: false,
      },
    }),
};
