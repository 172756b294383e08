/** What `make status JSON=1` prints. Fields may be added; names and meaning stay. */
export interface Report {
  stack: string;
  hosts: HostStatus[];
  nodes: NodeStatus[];
  releases: ReleaseStatus[];
  services: ServiceStatus[];
  mcpServers: McpServerStatus[];
  /** The gateway's endpoint. */
  mcpGateway?: McpGatewayStatus;
  streams: StreamStatus[];
  /** Undefined where the stack has no section `backup`. */
  backup?: BackupStatus;
  /** False when a part is unhealthy or missing. */
  healthy: boolean;
  /** Why the lists are empty or incomplete. */
  problem?: string;
}

/** `ok` is false when `problem` is set. `since` is an ISO time. */
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
  /** Its URL from outside. */
  url?: string;
}

export interface McpServerStatus {
  name: string;
  kind: string;
  enabled: boolean;
  ready: boolean;
  tools: string[];
  /** ISO time of its workload; undefined for servers without one. */
  since?: string;
  reason?: string;
  url?: string;
}

export interface McpGatewayStatus {
  url: string;
  ready: boolean;
  /** Number of tools that it offers. */
  tools: number;
  reason?: string;
}

export interface StreamStatus extends Judged {
  /** In the staging table. */
  rows: number;
  /** In the warehouse; undefined where they were not counted. */
  warehouseRows?: number;
  /** Seconds by which the warehouse is behind the source. */
  lagSeconds: number;
  /** Percent. */
  quality: number;
}

/** `since` is when the last run that succeeded ended. */
export interface BackupStatus extends Judged {
  /** Cron's five fields, UTC. */
  schedule: string;
}

/** Combines the parts into a report and decides whether it is healthy. Pure. */
export function judge(parts: Omit<Report, "healthy">): Report {
  return { ...parts, healthy: problems(parts).length === 0 };
}

/** Missing parts. A part that could not be read is not missing: `problem` reports it. */
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

/** All problems, a line each; a report is healthy when this is empty. Pure. */
export function problems(report: Omit<Report, "healthy">): string[] {
  const judged: [string, Judged[]][] = [
    ["host", report.hosts],
    ["node", report.nodes],
    ["release", report.releases],
    ["service", report.services],
    ["stream", report.streams],
    ["scheduled", report.backup ? [report.backup] : []],
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
