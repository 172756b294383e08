import { type McpServerStatus, problems, type Report, type ServiceStatus } from "./report.ts";

/** Columns wide enough for their longest cell. Pure. */
export function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** `3h`, `12m`: how long ago, in one unit. Pure. */
export function age(since: string | undefined, now: number): string {
  if (!since) return "";
  const seconds = Math.max(0, (now - Date.parse(since)) / 1000);
  const units: [number, string][] = [
    [86400, "d"],
    [3600, "h"],
    [60, "m"],
  ];
  const unit = units.find(([length]) => seconds >= length);
  return unit ? `${Math.floor(seconds / unit[0])}${unit[1]}` : `${Math.floor(seconds)}s`;
}

const mark = (ok: boolean) => (ok ? "✔" : "✘");

/** Unhealthy services one by one, then healthy ones by namespace. */
function groups(services: ServiceStatus[]): ServiceStatus[][] {
  const well = Map.groupBy(
    services.filter(({ ok }) => ok),
    ({ namespace }) => namespace,
  );
  return [...services.filter(({ ok }) => !ok).map((one) => [one]), ...well.values()];
}

/** One line for services of one namespace, with the age of the oldest. */
function serviceRow(group: ServiceStatus[], now: number): string[] {
  const sum = (count: (one: ServiceStatus) => number) => group.reduce((total, one) => total + count(one), 0);
  const nodes = [...new Set(group.flatMap(({ node }) => node.split(",").filter(Boolean)))].sort();
  const [oldest] = group.flatMap(({ since }) => since ?? []).sort();
  return [
    mark(group.every(({ ok }) => ok)),
    group.length === 1 ? (group[0]?.name ?? "") : `${group.length} services`,
    group[0]?.namespace ?? "",
    `${sum(({ ready }) => ready)}/${sum(({ wanted }) => wanted)}`,
    nodes.join(","),
    age(oldest, now),
    group.flatMap(({ url }) => url ?? []).join(", "),
  ];
}

/** MCP servers that are off, one line for each reason. */
const switchedOff = (servers: McpServerStatus[]): string[] =>
  [
    ...Map.groupBy(
      servers.filter(({ enabled }) => !enabled),
      ({ reason }) => reason ?? "no reason given",
    ),
  ].map(([reason, those]) => `  –  off, ${reason}: ${those.map(({ name }) => name).join(", ")}`);

/** The report as text for a terminal. Pure. */
export function render(report: Report, now: number): string {
  const section = (title: string, rows: string[][]) =>
    rows.length > 0 ? ["", title, ...table(rows).map((line) => `  ${line}`)] : [];
  const wrong = problems(report);
  const total = report.hosts.reduce((sum, host) => sum + host.hourlyUsd, 0);
  return [
    `stack ${report.stack}: ${report.healthy ? "healthy" : "NOT healthy"}`,
    ...wrong.map((line) => `  ✘ ${line.trimEnd().replaceAll("\n", "\n    ")}`),
    ...section(
      report.hosts.length > 0 ? `Hosts ($${total.toFixed(2)}/h)` : "Hosts",
      report.hosts.map((host) => [
        mark(host.ok),
        host.name,
        host.address,
        host.instanceType,
        host.region,
        Object.entries(host.checks)
          .map(([name, state]) => `${name} ${state}`)
          .join(", "),
        age(host.since, now),
      ]),
    ),
    ...section(
      "Nodes",
      report.nodes.map((node) => [
        mark(node.ok),
        node.name,
        node.roles.join(","),
        node.version,
        `${node.gpuSlices} GPU slices`,
        age(node.since, now),
      ]),
    ),
    ...section(
      "Helm releases",
      report.releases.map((one) => [
        mark(one.ok),
        one.name,
        one.namespace,
        one.chart,
        one.status,
        age(one.since, now),
      ]),
    ),
    ...section(
      "Services",
      groups(report.services).map((group) => serviceRow(group, now)),
    ),
    ...section(
      "MCP servers",
      report.mcpServers
        .filter(({ enabled }) => enabled)
        .map((one) => [
          mark(one.ready),
          one.name,
          one.kind,
          `${one.tools.length} tools`,
          age(one.since, now),
          one.url ?? "by the gateway only",
        ]),
    ),
    ...switchedOff(report.mcpServers),
    ...section(
      "MCP gateway",
      (report.mcpGateway ? [report.mcpGateway] : []).map(({ ready, tools, url }) => [
        mark(ready),
        `${tools} tools`,
        url,
      ]),
    ),
    ...section(
      "Streams",
      report.streams.map((one) => [
        mark(one.ok),
        one.name,
        `${one.rows} rows`,
        one.warehouseRows === undefined ? "" : `${one.warehouseRows} in the warehouse`,
        `${one.lagSeconds}s behind`,
        `quality ${one.quality}`,
      ]),
    ),
    ...section(
      "Backups",
      (report.backup ? [report.backup] : []).map(({ ok, schedule, since }) => [
        mark(ok),
        since === undefined ? "none succeeded yet" : `last one ${age(since, now)} ago`,
        `schedule ${schedule}`,
      ]),
    ),
  ].join("\n");
}
