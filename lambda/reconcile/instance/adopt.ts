import type { WireInstance } from "../../client/wire.ts";
import type { Context } from "../context.ts";
import { untilActive } from "./lifecycle.ts";
import { adoptedOutputs, type InstanceOutputs } from "./outputs.ts";
import { type Adoption, isAlive } from "./spec.ts";

const described = (adoption: Adoption): string =>
  "id" in adoption ? `id ${adoption.id}` : `name ${JSON.stringify(adoption.name)}`;

/** Running instances that an adoption means. */
export const matching = (instances: readonly WireInstance[], adoption: Adoption): WireInstance[] =>
  instances
    .filter(isAlive)
    .filter((one) => ("id" in adoption ? one.id === adoption.id : one.name === adoption.name));

/** The one running instance that is meant. Names are not unique at Lambda, so a name that matches several is refused. */
export async function meantBy(context: Context, adoption: Adoption): Promise<WireInstance> {
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
  return instance;
}

/** Waits until a running instance is active. Only reads: an adopted instance is never changed, rebooted or terminated. */
export async function adoptInstance(
  context: Context,
  adoption: Adoption,
): Promise<{ id: string; outputs: InstanceOutputs }> {
  const instance = await meantBy(context, adoption);
  const active = await untilActive(context, instance.id, instance.name ?? "");
  return { id: active.id, outputs: adoptedOutputs(active) };
}

const listed = (instances: WireInstance[]): string =>
  instances.length === 0
    ? "The account has no running instances"
    : `Running instances: ${instances.map((one) => `${one.name || "unnamed"} (${one.id}, ${one.ip ?? "no address"})`).join(", ")}`;
