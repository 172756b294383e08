import { nameOf } from "../comment/events.ts";
import { dynamic, hostOf, instanceType } from "../resources.ts";
import type { StateResource } from "./program.ts";

const hostAt = (urn: string): string => hostOf(nameOf(urn));

/**
 * URN of a host's machine. Pure.
 * @throws naming the stack's hosts
 */
export function machineOf(state: StateResource[], host: string): string {
  const machines = state.filter(({ type }) => type === instanceType).map(({ urn }) => urn);
  const found = machines.find((urn) => hostAt(urn) === host);
  if (found) return found;
  const known = machines.map(hostAt).join(", ") || "none";
  throw new Error(`unknown host ${host || "(empty name)"}; the hosts of the stack are ${known}`);
}

/** Parts of the program that can be updated alone, by the component that contains all of their resources. */
export const parts = {
  mcp: { component: "sophia:mcp:McpServer", what: "MCP servers" },
  migrations: { component: "sophia:data:Migrations", what: "database migrations" },
} as const;
export type Part = keyof typeof parts;

/** The images that parts run. Pulumi does not update what is not targeted, so without it a part would keep its old image. */
const images = "sophia:images:Images";

/**
 * Patterns of the part's resources, for `--target`. Pure.
 * @param planned types of the components that the program registers
 * @throws when the program has no such part: an update without a target would do nothing and succeed
 */
export function targetsOf(part: Part, planned: Iterable<string>): string[] {
  const { component, what } = parts[part];
  const registered = new Set(planned);
  if (!registered.has(component)) {
    throw new Error(`the program has no ${what}: it registers no ${component}`);
  }
  // The component itself, and everything in it.
  const chosen = registered.has(images) ? [component, images] : [component];
  return chosen.flatMap((type) => [`**${type}::**`, `**${type}$**`]);
}

/**
 * Requires the name of what is stopped, replaced or destroyed as confirmation. Pure.
 * @throws when the two names differ
 */
export function confirm(what: string, name: string, typed: string): void {
  if (typed === name) return;
  throw new Error(`${what} was not confirmed: type "${name}" as confirmation, not "${typed}"`);
}

/** Stacks that may be destroyed to save money and created again. */
export const stoppable: readonly string[] = ["dev", "local"];

const fileSystemType = dynamic("lambda:FileSystem");

/** What goes on being billed after the stack is destroyed, by its state before that. Pure. */
export function billedAfterwards(state: readonly StateResource[]): string[] {
  const files = state
    .filter(
      ({ type, outputs, retainOnDelete }) => type === fileSystemType && (retainOnDelete || !outputs?.owned),
    )
    .map(({ outputs }) => `file system ${String(outputs?.name)}, which is kept with its data`);
  const hosts = state
    .filter(({ type, outputs }) => type === instanceType && outputs?.adopted === true)
    .map(({ urn, id }) => `host ${hostAt(urn)} (instance ${id}), which was adopted and keeps running`);
  return [...files, ...hosts];
}
