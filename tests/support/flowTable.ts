import type { Flow } from "../../components/network/flows.ts";

type Side = Flow["from"];

/** What people call one side of a flow. */
function called(side: Side): string {
  if (side === "anywhere") return "the internet";
  if (side === "apiServers") return "Kubernetes's API";
  if (side === "apiServerSources") return "Kubernetes's API server, the pods' network";
  const [label] = Object.entries(side.labels ?? {});
  if (!label) return `every pod of \`${side.namespace}\``;
  const [key, value] = label;
  const who = value === "true" ? `pods labelled \`${key}\`` : value;
  return `${who} in \`${side.namespace}\``;
}

const portOf = (port: Flow["ports"][number]): string =>
  typeof port === "number" ? String(port) : `${port.port}/udp`;

/** Who may talk to whom inside the cluster, as a Markdown table. Flows that differ only in who begins are one row. Pure. */
export function flowTable(flows: Flow[]): string {
  const rows = new Map<string, { from: string[]; to: string; ports: string }>();
  for (const { from, to, ports } of flows) {
    const row = { to: called(to), ports: ports.map(portOf).join(", ") || "the API's" };
    const key = `${row.to} ${row.ports}`;
    rows.set(key, { ...row, from: [...(rows.get(key)?.from ?? []), called(from)] });
  }
  return [
    "| who | reaches | at |",
    "|---|---|---|",
    ...[...rows.values()].map(
      ({ from, to, ports }) => `| ${[...new Set(from)].join(", ")} | ${to} | ${ports} |`,
    ),
  ].join("\n");
}
