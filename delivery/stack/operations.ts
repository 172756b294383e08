import type { StateResource } from "./program.ts";

const instanceType = "pulumi-nodejs:dynamic/lambda:Instance";
const hostOf = (urn: string): string => (urn.split("::").at(-1) ?? "").replace(/^fleet-/, "");

/**
 * URN of a host's machine. Pure.
 * @throws naming the hosts that there are
 */
export function machineOf(state: StateResource[], host: string): string {
  const machines = state.filter(({ type }) => type === instanceType).map(({ urn }) => urn);
  const found = machines.find((urn) => hostOf(urn) === host);
  if (found) return found;
  const known = machines.map(hostOf).join(", ") || "none";
  throw new Error(`there is no host ${host || "without a name"} in the stack; its hosts: ${known}`);
}

/** Parts of the program that can be brought up alone, by the component that all of their resources are in. */
export const parts = {
  mcp: { component: "sophia:mcp:McpServer", what: "MCP servers" },
  migrations: { component: "sophia:data:Migrations", what: "database migrations" },
} as const;
export type Part = keyof typeof parts;

/** What parts run. What is not targeted stays as it was, so without it a part would get yesterday's image. */
const images = "sophia:images:Images";

/**
 * Patterns of the part's resources, for `--target`. Pure.
 * @param planned types of the components that the program registers
 * @throws when the program has no such part: nothing would be done, and that would look like success
 */
export function targetsOf(part: Part, planned: Iterable<string>): string[] {
  const { component, what } = parts[part];
  const registered = new Set(planned);
  if (!registered.has(component)) {
    throw new Error(`the program has no ${what}: it registers no ${component}`);
  }
  // The component itself, and whatever is in it.
  const chosen = registered.has(images) ? [component, images] : [component];
  return chosen.flatMap((type) => [`**${type}::**`, `**${type}$**`]);
}

/**
 * Who stops, replaces or destroys must name it once more. Pure.
 * @throws when the two names differ
 */
export function confirm(what: string, name: string, typed: string): void {
  if (typed === name) return;
  throw new Error(`${what} was not confirmed: type "${name}" as confirmation, not "${typed}"`);
}

/** Stacks that may be taken down to save money, and are made again from nothing. */
export const stoppable: readonly string[] = ["dev", "local"];
