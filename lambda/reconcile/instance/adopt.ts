import type { WireInstance } from "../../client/wire.ts";
import type { Context } from "../context.ts";
import { untilActive } from "./lifecycle.ts";
import { adoptedOutputs, type InstanceOutputs } from "./outputs.ts";
import { isAlive } from "./spec.ts";

/** Which running instance to take over. */
export type Adoption = { id: string } | { name: string };

const described = (adoption: Adoption): string =>
  "id" in adoption ? `id ${adoption.id}` : `name ${JSON.stringify(adoption.name)}`;

/** Running instances that an adoption means. */
export const matching = (instances: readonly WireInstance[], adoption: Adoption): WireInstance[] =>
  instances
    .filter(isAlive)
    .filter((one) => ("id" in adoption ? one.id === adoption.id : one.name === adoption.name));

/**
 * Finds a running instance and waits until it is active. Only reads: an adopted instance is never changed,
 * rebooted or terminated. Names are not unique at Lambda, so a name that matches several is refused.
 */
export async function adoptInstance(
  context: Context,
  adoption: Adoption,
): Promise<{ id: string; outputs: InstanceOutputs }> {
  const all = await context.api.listInstances();
  const found = matching(all, adoption);
  const [instance, ...more] = found;
  if (instance === undefined) {
    throw new Error(
      `no running instance with ${described(adoption)} to adopt. ${listed(all.filter(isAlive))}`,
    );
  }
  if (more.length > 0) {
    throw new Error(
      `${found.length} running instances have ${described(adoption)}: adopt by id. ${listed(found)}`,
    );
  }
  const active = await untilActive(context, instance.id, instance.name ?? "");
  return { id: active.id, outputs: adoptedOutputs(active) };
}

const listed = (instances: WireInstance[]): string =>
  instances.length === 0
    ? "The account has no running instances"
    : `Running instances: ${instances.map((one) => `${one.name || "unnamed"} (${one.id}, ${one.ip ?? "no address"})`).join(", ")}`;
