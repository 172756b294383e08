import { mcpGateway } from "../components/network/names.ts";
import type { McpTargets } from "../components/services/gpuMetrics/api.ts";
import type { Settings } from "../components/settings/schema.ts";
import { choose } from "./catalog/choose.ts";
import { catalog, isDeployed } from "./catalog/index.ts";
import { federated } from "./catalog/reach.ts";
import { dns } from "./deployment/pod.ts";
import { engine } from "./gateway/engine.ts";

const host = (service: string) => `${service}.mcp.svc.cluster.local`;

/**
 * Where the health of each server of a stack is read: at the gateway for those behind it, at the Service for the others. Pure.
 *
 * @param given names of the secrets that are set in the stack
 */
export function monitored(settings: Settings["mcp"], given: ReadonlySet<string>): McpTargets {
  const running = choose(catalog, settings, given).flatMap(({ enabled, entry }) => (enabled ? [entry] : []));
  const apart = running.filter(isDeployed).filter((entry) => !federated(entry));
  return {
    status: `http://${host(mcpGateway["app.kubernetes.io/name"])}:${engine.port}${engine.statusPath}`,
    apart: Object.fromEntries(apart.map(({ name, port }) => [name, `${host(dns(name))}:${port}`])),
  };
}
