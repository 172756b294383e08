import type { GatewayView, ServerCheck } from "./judge.ts";

interface Checked {
  servers: readonly ServerCheck[];
  gateway: GatewayView | undefined;
}

/** Everything that is wrong, by name. Pure. */
export const faultsOf = ({ servers, gateway }: Checked): string[] => [
  ...(gateway?.ready === false ? [`the gateway: ${gateway.reason ?? "does not answer"}`] : []),
  ...servers.filter(({ ready }) => !ready).map(({ name, reason }) => `${name}: ${reason ?? "not ready"}`),
];

/** One line of JSON for each server. Pure. */
export const linesOf = (servers: readonly ServerCheck[]): string[] =>
  servers.map(({ name, direct, gateway, tools, ms }) =>
    JSON.stringify({ name, direct, gateway, tools: tools.length, ms }),
  );

/** At most so many bytes of the log's end are kept with the pod. */
const room = 1900;

/** What a failed check says last; what does not fit is counted. Pure. */
export function advice(faults: readonly string[], deadline: number): string {
  const head = `${faults.length} of the MCP endpoints did not answer a client within ${deadline} s:\n`;
  const tail =
    "Look at `kubectl --namespace mcp logs deployment/<server>` (with - for _), mend or disable the server " +
    "(sophia-infra:mcp, `disabled`), and bring the stack up again: the check is then run anew.\n";
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
