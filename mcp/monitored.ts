import { mcpGateway } from "../components/network/names.ts";
import type { McpTargets } from "../components/services/gpuMetrics/api.ts";
import type { Settings } from "../components/settings/schema.ts";
import { choose } from "./catalog/choose.ts";
import { catalog, isDeployed } from "./catalog/index.ts";
import { federated } from "./catalog/reach.ts";
import { vmcp } from "./gateway/vmcp.ts";
import { dns } from "./pod.ts";

const host = (service: string) => `${service}.mcp.svc.cluster.local`;

/**
 * Whom to ask how each server of a stack is: the gateway about those behind it, the Services of the others. Pure.
 *
 * @param given names of the secrets that the stack has
 */
export function monitored(settings: Settings["mcp"], given: ReadonlySet<string>): McpTargets {
  const running = choose(catalog, settings, given).flatMap(({ enabled, entry }) => (enabled ? [entry] : []));
  const apart = running.filter(isDeployed).filter((entry) => !federated(entry));
  return {
    status: `http://${host(mcpGateway["app.kubernetes.io/name"])}:${vmcp.port}${vmcp.statusPath}`,
    apart: Object.fromEntries(apart.map(({ name, port }) => [name, `${host(dns(name))}:${port}`])),
  };
}
