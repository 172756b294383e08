import { messageOf } from "../../../components/core/errors.ts";
import { InitFailed } from "../../../components/core/provider/initFailed.ts";
import type { WireInstance } from "../../client/wire.ts";
import type { Context } from "../context.ts";
import { expectSameAccount } from "./account.ts";
import type { Candidate } from "./candidates.ts";
import { launch, launchSettled, ownedBy, strays } from "./launch.ts";
import { BrokenMachine, terminateAndWait, untilActive } from "./lifecycle.ts";
import { type InstanceOutputs, launchedOutputs, observed, placedParts } from "./outputs.ts";
import { sparedIds } from "./spared.ts";
import { claimTag, fixedParts, type InstanceSpec, isAlive, specDigest, specTag, tagOf } from "./spec.ts";

export interface CreatedInstance {
  id: string;
  outputs: InstanceOutputs;
}

/**
 * Creates an instance for `spec.claim`: takes over the one that an interrupted run left, or launches one. At most one
 * instance of a claim runs when this returns or fails; when it fails with an instance running, the error is an
 * `InitFailed` with its id.
 */
export async function createInstance(context: Context, spec: InstanceSpec): Promise<CreatedInstance> {
  const broken: Candidate[] = [];
  const dead: string[] = [];
  const spared = await sparedIds(context, spec.spared);
  let id = await takeOver(context, spec, spared);
  for (;;) {
    let place: Candidate | undefined;
    if (id === undefined)
      ({ id, candidate: place } = await launch(context, spec, broken, [...spared, ...dead]));
    try {
      const instance = await untilActive(context, id, spec.name);
      warnWithoutTag(context, spec, instance);
      await removeOthers(context, spec, [...spared, id]);
      await launchSettled(context, spec.claim);
      return { id, outputs: launchedOutputs(instance, spec, true) };
    } catch (error) {
      if (!(error instanceof BrokenMachine)) throw await initFailed(context, spec, id, error);
      context.log(messageOf(error));
      try {
        await terminateAndWait(context, id);
      } catch (stuck) {
        throw await initFailed(context, spec, id, stuck);
      }
      dead.push(id);
      if (place) broken.push(place);
      await launchSettled(context, spec.claim);
      if (dead.length > context.timing.unhealthyReplacements) {
        throw new Error(
          `host ${spec.name}: ${dead.length} machines failed to start and were terminated (${dead.join(", ")}); ` +
            `last: ${messageOf(error)}. Try another region or type, or run pulumi up again later`,
          { cause: error },
        );
      }
      id = undefined;
    }
  }
}

/** Instances that an interrupted run left: the best match is kept, every other one is terminated, except `spared`. */
async function takeOver(
  context: Context,
  spec: InstanceSpec,
  spared: readonly string[],
): Promise<string | undefined> {
  if (spared.length > 0) await tellSpared(context, spec, spared);
  const found = await strays(context, spec.claim, spared);
  const fits = (instance: WireInstance, sshKeyName = spec.sshKeyName) =>
    instance.status !== "unhealthy" &&
    tagOf(instance, specTag) === specDigest({ ...spec, sshKeyName }, instance.region.name);
  // Another key since the launch is no reason to terminate what may hold data: a host that is up can be given the new one.
  const active = found.find((one) => one.status === "active" && fits(one, one.ssh_key_names[0]));
  const keep = active ?? found.find((one) => fits(one));
  if (keep) context.log(`taking over ${keep.id}, which an interrupted run launched for ${spec.name}`);
  for (const other of found) if (other.id !== keep?.id) await terminateAndWait(context, other.id);
  return keep?.id;
}

async function tellSpared(context: Context, spec: InstanceSpec, spared: readonly string[]): Promise<void> {
  const running = (await ownedBy(context, spec.claim)).filter(({ id }) => spared.includes(id));
  for (const { id, name } of running)
    context.log(
      `${name || "unnamed"} (${id}) was launched for ${spec.name} and then adopted: it keeps running and is billed, ` +
        "and another one is launched. Terminate it at Lambda if it is not needed any more",
    );
}

/** Interrupted launches are found by their tags only: that Lambda keeps them is checked at every launch. */
function warnWithoutTag(context: Context, spec: InstanceSpec, instance: WireInstance): void {
  if (tagOf(instance, claimTag) === spec.claim) return;
  context.log(
    `warning: Lambda does not show the tag ${claimTag}=${spec.claim} of ${spec.name} (${instance.id}), which it was launched with. ` +
      "After an interrupted update, instances that it launched cannot be found by it: look for others of that name at Lambda, " +
      "and terminate those that the stack's output hosts does not have",
  );
}

/** The instance of a launch whose reply was lost on another machine may be listed only now. */
async function removeOthers(context: Context, spec: InstanceSpec, keep: readonly string[]): Promise<void> {
  for (const other of await ownedBy(context, spec.claim)) {
    if (!keep.includes(other.id)) await terminateAndWait(context, other.id);
  }
}

async function initFailed(context: Context, spec: InstanceSpec, id: string, cause: unknown) {
  const advice = "it stays recorded: run pulumi up again to continue, or pulumi destroy to remove it";
  const reason = `host ${spec.name}: ${messageOf(cause)}; ${advice}`;
  return new InitFailed(id, await lastSeen(context, spec, id, cause), reason, { cause });
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
    // Only the id is essential; the next run reads the rest again.
    context.log(`instance ${id}: ${messageOf(error)}`);
    return unseen;
  }
}

/** Renames where the name differs, and completes an instance that an earlier run left partly created. */
export async function updateInstance(
  context: Context,
  id: string,
  spec: InstanceSpec,
  old: InstanceOutputs,
): Promise<InstanceOutputs> {
  if (!old.ready) await finish(context, id, spec);
  const instance = await context.api.renameInstance(id, spec.name);
  const placed = old.region === "" ? placedParts(instance, spec) : {};
  return { ...old, ...placed, ...observed(instance), ready: true };
}

async function finish(context: Context, id: string, spec: InstanceSpec): Promise<void> {
  try {
    warnWithoutTag(context, spec, await untilActive(context, id, spec.name));
    await removeOthers(context, spec, [...(await sparedIds(context, spec.spared)), id]);
    await launchSettled(context, spec.claim);
  } catch (cause) {
    const advice =
      cause instanceof BrokenMachine
        ? "run pulumi up again to replace it"
        : "run pulumi up again to continue";
    const outputs = await lastSeen(context, spec, id, cause);
    throw new InitFailed(id, outputs, `host ${spec.name}: ${messageOf(cause)}; ${advice}`, { cause });
  }
}

/**
 * Current state, or undefined when the instance is terminated or being terminated.
 *
 * @throws where it may run in another account
 */
export async function readInstance(
  context: Context,
  id: string,
  old: InstanceOutputs,
): Promise<InstanceOutputs | undefined> {
  const instance = await context.api.getInstance(id);
  if (instance === undefined) await expectSameAccount(context, id, old);
  if (instance === undefined || !isAlive(instance)) return undefined;
  // The region goes together with the parts that depend on it: `updateInstance` sets them all.
  return { ...old, ...observed(instance), ...(old.region === "" && { region: "" }) };
}

/**
 * Terminates and waits until it is gone; an adopted instance is only removed from the state.
 *
 * @throws where it may run in another account
 */
export async function deleteInstance(context: Context, id: string, old: InstanceOutputs): Promise<void> {
  if (old.adopted) {
    context.log(`instance ${id} was adopted: it is removed from the state, not terminated`);
    return;
  }
  if ((await sparedIds(context)).includes(id)) {
    context.log(`instance ${id} is adopted by a host in the settings: it is not terminated`);
    return;
  }
  if (!(await terminateAndWait(context, id))) await expectSameAccount(context, id, old);
  await launchSettled(context, old.claim);
}
