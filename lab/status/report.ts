/** What `make status JSON=1` prints. Later parts add to the lists; names and meaning stay. */
export interface Report {
  stack: string;
  hosts: HostStatus[];
  nodes: NodeStatus[];
  releases: ReleaseStatus[];
  services: ServiceStatus[];
  mcpServers: McpServerStatus[];
  /** The endpoint in front of them. */
  mcpGateway?: McpGatewayStatus;
  streams: StreamStatus[];
  /** False when anything above is wrong, or something that should be there is missing. */
  healthy: boolean;
  /** Why there is nothing to show, when there is not. */
  problem?: string;
}

/** `ok` is false when `problem` says something. `since` is an ISO time. */
interface Judged {
  name: string;
  ok: boolean;
  problem?: string;
  since?: string;
}

export interface HostStatus extends Judged {
  id: string;
  address: string;
  instanceType: string;
  region: string;
  hourlyUsd: number;
  /** The host's own checks by name: disk, memory, k3s, gpu. */
  checks: Record<string, string>;
}

export interface NodeStatus extends Judged {
  roles: string[];
  version: string;
  gpuSlices: number;
}

export interface ReleaseStatus extends Judged {
  namespace: string;
  chart: string;
  status: string;
}

export interface ServiceStatus extends Judged {
  namespace: string;
  kind: string;
  ready: number;
  wanted: number;
  node: string;
  /** Where it is reached from outside. */
  url?: string;
}

export interface McpServerStatus {
  name: string;
  kind: string;
  enabled: boolean;
  ready: boolean;
  tools: string[];
  /** ISO time of its workload; what runs in the gateway has none of its own. */
  since?: string;
  reason?: string;
  url?: string;
}

export interface McpGatewayStatus {
  url: string;
  ready: boolean;
  /** How many tools it offers. */
  tools: number;
  reason?: string;
}

export interface StreamStatus extends Judged {
  /** In the staging table. */
  rows: number;
  /** In the warehouse; left out where nobody counted them. */
  warehouseRows?: number;
  /** Seconds that the warehouse is behind the source. */
  lagSeconds: number;
  /** Percent. */
  quality: number;
}

/** Puts the parts together and judges them. Pure. */
export function judge(parts: Omit<Report, "healthy">): Report {
  return { ...parts, healthy: problems(parts).length === 0 };
}

/** What should be there and is not. What could not be asked is not missing: then `problem` tells. */
function missing({ hosts, nodes, releases, services, problem }: Omit<Report, "healthy">): string[] {
  const parts: [string, unknown[]][] = [
    ["hosts", hosts],
    ["nodes", nodes],
    ["Helm releases", releases],
    ["services", services],
  ];
  const empty = parts.filter(([, part]) => part.length === 0).map(([name]) => `there are no ${name}`);
  const uneven = hosts.length > 0 && nodes.length > 0 && nodes.length !== hosts.length;
  return [...(problem ? [] : empty), ...(uneven ? [`${hosts.length} hosts, but ${nodes.length} nodes`] : [])];
}

/** Everything that is wrong, a line each; a report is healthy when this is empty. Pure. */
export function problems(report: Omit<Report, "healthy">): string[] {
  const judged: [string, Judged[]][] = [
    ["host", report.hosts],
    ["node", report.nodes],
    ["release", report.releases],
    ["service", report.services],
    ["stream", report.streams],
  ];
  const said = judged.flatMap(([kind, all]) =>
    all.filter((one) => !one.ok).map((one) => `${kind} ${one.name}: ${one.problem ?? "not ok"}`),
  );
  const servers = report.mcpServers.filter((server) => server.enabled && !server.ready);
  return [
    ...(report.problem ? [report.problem] : []),
    ...missing(report),
    ...said,
    ...(report.mcpGateway?.ready === false
      ? [`MCP gateway: ${report.mcpGateway.reason ?? "not ready"}`]
      : []),
    ...servers.map((server) => `MCP server ${server.name}: ${server.reason ?? "not ready"}`),
  ];
}
