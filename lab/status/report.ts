/** What `make status JSON=1` prints. Later parts add to the lists; names and meaning stay. */
export interface Report {
  stack: string;
  hosts: HostStatus[];
  nodes: NodeStatus[];
  releases: ReleaseStatus[];
  services: ServiceStatus[];
  mcpServers: McpServerStatus[];
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
  reason?: string;
  url?: string;
}

export interface StreamStatus {
  name: string;
  rows: number;
  lagSeconds: number;
  quality: number;
}

/** Puts the parts together and judges them. Pure. */
export function judge(parts: Omit<Report, "healthy">): Report {
  const judged: Judged[] = [...parts.hosts, ...parts.nodes, ...parts.releases, ...parts.services];
  const servers = parts.mcpServers.filter((server) => server.enabled);
  const complete =
    parts.hosts.length > 0 && parts.nodes.length === parts.hosts.length && parts.releases.length > 0;
  const healthy =
    complete && judged.every((one) => one.ok) && servers.every((one) => one.ready) && !parts.problem;
  return { ...parts, healthy };
}

/** Everything that is wrong, a line each. Pure. */
export function problems(report: Report): string[] {
  const judged: [string, Judged[]][] = [
    ["host", report.hosts],
    ["node", report.nodes],
    ["release", report.releases],
    ["service", report.services],
  ];
  const said = judged.flatMap(([kind, all]) =>
    all.filter((one) => !one.ok).map((one) => `${kind} ${one.name}: ${one.problem ?? "not ok"}`),
  );
  const servers = report.mcpServers.filter((server) => server.enabled && !server.ready);
  const missing =
    report.hosts.length > 0 && report.nodes.length !== report.hosts.length
      ? [`${report.hosts.length} hosts, but ${report.nodes.length} nodes`]
      : [];
  return [
    ...(report.problem ? [report.problem] : []),
    ...missing,
    ...said,
    ...servers.map((server) => `MCP server ${server.name}: ${server.reason ?? "not ready"}`),
  ];
}
