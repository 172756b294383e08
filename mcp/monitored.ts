import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Monitored, Target } from "../components/monitoring/monitored.ts";
import { gpuMetrics, mcpGateway } from "../components/network/names.ts";
import { apiPorts, type McpTargets } from "../components/services/gpuMetrics/api.ts";
import type { Settings } from "../components/settings/schema.ts";
import { choose } from "./catalog/choose.ts";
import { catalog, isDeployed } from "./catalog/index.ts";
import { federated } from "./catalog/reach.ts";
import { mcpDashboard, mcpSummary } from "./dashboard.ts";
import { dns } from "./deployment/pod.ts";
import { engine } from "./gateway/engine.ts";

const host = (service: string) => `${service}.mcp.svc.cluster.local`;

/** Servers of a stack that have pods. Pure. @param given names of the secrets that are set in the stack */
const deployed = (settings: Settings["mcp"], given: ReadonlySet<string>) =>
  choose(catalog, settings, given)
    .flatMap(({ enabled, entry }) => (enabled ? [entry] : []))
    .filter(isDeployed);

/**
 * Where the health of each server of a stack is read: at the gateway for those behind it, at the Service for the others. Pure.
 *
 * @param given names of the secrets that are set in the stack
 */
export function monitored(settings: Settings["mcp"], given: ReadonlySet<string>): McpTargets {
  const apart = deployed(settings, given).filter((entry) => !federated(entry));
  return {
    status: `http://${host(mcpGateway["app.kubernetes.io/name"])}:${engine.port}${engine.statusPath}`,
    apart: Object.fromEntries(apart.map(({ name, port }) => [name, `${host(dns(name))}:${port}`])),
  };
}

/**
 * What Prometheus scrapes of the MCP servers: the gateway, our own servers, and the health of all, with the alerts on it; and a dashboard.
 * Servers of others serve no metrics.
 *
 * @param given names of the secrets that are set in the stack
 * @param health whether the process runs that reports the health: `gpu.autoscaling.enabled`
 */
export function mcpMonitored(
  settings: Settings["mcp"],
  given: ReadonlySet<string>,
  { enabled: health }: { enabled: boolean },
): Monitored {
  const own = deployed(settings, given).filter(({ source }) => source.registry === "own");
  const targets: Target[] = [
    { job: "mcp-gateway", namespace: "mcp", pods: mcpGateway, port: engine.metricsPort },
    ...own.map(({ name, port }): Target => {
      return {
        job: `mcp-${dns(name)}`,
        namespace: "mcp",
        pods: { "app.kubernetes.io/name": dns(name) },
        port,
      };
    }),
  ];
  const dashboards = [mcpDashboard({ health })];
  if (!health) return { targets, rules: {}, dashboards };
  return {
    targets: [
      ...targets,
      { job: "mcp-health", namespace: "monitoring", pods: gpuMetrics, port: apiPorts.health },
    ],
    rules: { mcp: readFileSync(join(import.meta.dirname, "alerts.yaml"), "utf8") },
    dashboards,
    summary: mcpSummary,
  };
}
