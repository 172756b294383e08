import { HalfMade } from "../../components/core/halfMade.ts";
import type { WireInstance } from "../client/wire.ts";
import type { Candidate } from "./candidates.ts";
import { type Context, messageOf } from "./context.ts";
import { launch, launchSettled, ownedBy, strays } from "./launch.ts";
import { BrokenMachine, terminateAndWait, untilActive } from "./lifecycle.ts";
import { type InstanceOutputs, launchedOutputs, observed } from "./outputs.ts";
import { fixedParts, type InstanceSpec, isAlive, specDigest, specTag, tagOf } from "./spec.ts";

export interface Made {
  id: string;
  outputs: InstanceOutputs;
}

/**
 * Brings an instance for `spec.claim` into being: takes the one that an interrupted run left, or launches one.
 * Whatever happens, at most one instance of a claim lives when this returns or fails, and when it fails with an
 * instance alive, the failure is a `HalfMade` that carries its id.
 */
export async function createInstance(context: Context, spec: InstanceSpec): Promise<Made> {
  const broken: Candidate[] = [];
  const dead: string[] = [];
  let id = await takeOver(context, spec);
  for (;;) {
    let place: Candidate | undefined;
    if (id === undefined) ({ id, candidate: place } = await launch(context, spec, broken, dead));
    try {
      const instance = await untilActive(context, id, spec.name);
      await removeOthers(context, spec, id);
      await launchSettled(context, spec.claim);
      return { id, outputs: launchedOutputs(instance, spec, true) };
    } catch (error) {
      if (!(error instanceof BrokenMachine)) throw await halfMade(context, spec, id, error);
      context.log(messageOf(error));
      try {
        await terminateAndWait(context, id);
      } catch (stuck) {
        throw await halfMade(context, spec, id, stuck);
      }
      dead.push(id);
      if (place) broken.push(place);
      await launchSettled(context, spec.claim);
      if (dead.length > context.timing.unhealthyReplacements) {
        throw new Error(
          `host ${spec.name}: ${dead.length} machines came up broken and were terminated (${dead.join(", ")}); ` +
            `last: ${messageOf(error)}. Try another region or type, or run up again later`,
          { cause: error },
        );
      }
      id = undefined;
    }
  }
}

/** What an interrupted run left: the best fitting instance is kept, every other one is terminated. */
async function takeOver(context: Context, spec: InstanceSpec): Promise<string | undefined> {
  const found = await strays(context, spec.claim);
  const fits = (instance: WireInstance) =>
    instance.status !== "unhealthy" && tagOf(instance, specTag) === specDigest(spec, instance.region.name);
  const keep = found.find((one) => fits(one) && one.status === "active") ?? found.find(fits);
  if (keep) context.log(`taking over ${keep.id}, which an interrupted run launched for ${spec.name}`);
  for (const other of found) if (other.id !== keep?.id) await terminateAndWait(context, other.id);
  return keep?.id;
}

/** A launch whose reply was lost on another machine may have been listed only now. */
async function removeOthers(context: Context, spec: InstanceSpec, keep: string): Promise<void> {
  for (const other of await ownedBy(context, spec.claim)) {
    if (other.id !== keep) await terminateAndWait(context, other.id);
  }
}

async function halfMade(context: Context, spec: InstanceSpec, id: string, cause: unknown) {
  const advice = "it stays recorded: run up again to go on, or destroy to remove it";
  const reason = `host ${spec.name}: ${messageOf(cause)}; ${advice}`;
  return new HalfMade(id, await lastSeen(context, spec, id, cause), reason, { cause });
}

async function lastSeen(context: Context, spec: InstanceSpec, id: string, cause: unknown) {
  const unseen: InstanceOutputs = {
    ...fixedParts(spec, ""),
    name: spec.name,
    address: "",
    privateAddress: "",
    instanceType: "",
    region: "",
    gpus: 0,
    hourlyUsd: 0,
    status: cause instanceof BrokenMachine ? "unhealthy" : "booting",
    ready: false,
    adopted: false,
  };
  try {
    const instance = await context.api.getInstance(id);
    return instance ? launchedOutputs(instance, spec, false) : unseen;
  } catch (error) {
    // The id is what matters; what else is known of the instance is read again by the next run.
    context.log(`instance ${id}: ${messageOf(error)}`);
    return unseen;
  }
}

/** Renames where the name differs, and goes on with an instance that an earlier run left half-made. */
export async function updateInstance(
  context: Context,
  id: string,
  spec: InstanceSpec,
  old: InstanceOutputs,
): Promise<InstanceOutputs> {
  if (!old.ready) await finish(context, id, spec);
  const instance = await context.api.renameInstance(id, spec.name);
  return { ...old, ...observed(instance), ready: true };
}

async function finish(context: Context, id: string, spec: InstanceSpec): Promise<void> {
  try {
    await untilActive(context, id, spec.name);
    await removeOthers(context, spec, id);
    await launchSettled(context, spec.claim);
  } catch (cause) {
    const advice = cause instanceof BrokenMachine ? "run up again to replace it" : "run up again to go on";
    const outputs = await lastSeen(context, spec, id, cause);
    throw new HalfMade(id, outputs, `host ${spec.name}: ${messageOf(cause)}; ${advice}`, { cause });
  }
}

/** Current state, or undefined when the instance is gone or going. */
export async function readInstance(
  context: Context,
  id: string,
  old: InstanceOutputs,
): Promise<InstanceOutputs | undefined> {
  const instance = await context.api.getInstance(id);
  if (instance === undefined || !isAlive(instance)) return undefined;
  return { ...old, ...observed(instance) };
}

/** Terminates and waits until gone; an adopted instance is only forgotten. */
export async function deleteInstance(context: Context, id: string, old: InstanceOutputs): Promise<void> {
  if (old.adopted) {
    context.log(`instance ${id} was adopted: it is forgotten, not terminated`);
    return;
  }
  await terminateAndWait(context, id);
  await launchSettled(context, old.claim);
}

/** The last word on a host: nothing that was ever launched for its claim stays behind. */
export async function releaseClaim(context: Context, claim: string): Promise<void> {
  for (const stray of await strays(context, claim)) await terminateAndWait(context, stray.id);
  await launchSettled(context, claim);
}
