import type { GatewayView, ServerCheck } from "./judge.ts";

interface Checked {
  servers: readonly ServerCheck[];
  gateway: GatewayView | undefined;
}

/** All failures, by name. Pure. */
export const faultsOf = ({ servers, gateway }: Checked): string[] => [
  ...(gateway?.ready === false ? [`the gateway: ${gateway.reason ?? "does not respond"}`] : []),
  ...servers.filter(({ ready }) => !ready).map(({ name, reason }) => `${name}: ${reason ?? "not ready"}`),
];

/** One line of JSON for each server. Pure. */
export const linesOf = (servers: readonly ServerCheck[]): string[] =>
  servers.map(({ name, direct, gateway, tools, ms, warning }) =>
    JSON.stringify({ name, direct, gateway, tools: tools.length, ms, warning }),
  );

/** Bytes of the log that Kubernetes keeps with the pod, with some margin (its limit is 2048). */
const room = 1900;

/** The last lines of a failed check: as many failures as fit, and a count of the rest. Pure. */
export function advice(faults: readonly string[], deadline: number): string {
  const head = `${faults.length} of the MCP endpoints did not serve a client within ${deadline} s as they should:\n`;
  const tail =
    "Look at `kubectl --namespace mcp logs deployment/<server>` (with - for _), repair or disable the server " +
    "(sophia-infra:mcp, `disabled`), and update the stack: the check then runs again.\n";
  const shown: string[] = [];
  let left = room - head.length - tail.length;
  for (const fault of faults) {
    const line = `  ${fault.slice(0, 200)}\n`;
    left -= Buffer.byteLength(line);
    if (left < 0) return `${head}${shown.join("")}  and ${faults.length - shown.length} more\n${tail}`;
    shown.push(line);
  }
  return `${head}${shown.join("")}${tail}`;
}
