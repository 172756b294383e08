import { asError } from "../../../components/core/errors.ts";
import { ApiError, Untrusted } from "../../../components/core/http/errors.ts";
import { notYet, Unrecoverable, waitFor } from "../../../components/core/wait.ts";
import { AccountRefused, InvalidApiKey, InvalidRequest } from "../../client/errors.ts";
import type { WireInstance } from "../../client/wire.ts";
import type { Context } from "../context.ts";
import { isAlive, isGone } from "./spec.ts";

/** The machine does not start: waiting longer does not help, another launch may. */
export class BrokenMachine extends Error {
  constructor(id: string, reason: string) {
    super(`instance ${id} ${reason}`);
    this.name = "BrokenMachine";
  }
}

const label = (instance: Pick<WireInstance, "id" | "name">): string =>
  instance.name ? `${instance.name} (${instance.id})` : instance.id;

/** Waits until an instance is active and has its address, which is assigned later. */
export async function untilActive(context: Context, id: string, name: string): Promise<WireInstance> {
  const { api, clock, timing } = context;
  const start = clock.now();
  let seen = false;
  const wait = {
    what: `instance ${label({ id, name })} to become active with an address`,
    deadline: timing.bootDeadline,
    interval: timing.pollInterval,
    clock,
  };
  return await waitFor(wait, async () => {
    const instance = await api.getInstance(id).catch(throwPermanent);
    if (instance === undefined) {
      const young = clock.now() - start < timing.settleDeadline * 1000;
      if (!seen && young) return notYet("Lambda does not list it yet");
      throw new Unrecoverable(new BrokenMachine(id, "is gone"));
    }
    seen = true;
    if (!isAlive(instance) || instance.status === "unhealthy") {
      throw new Unrecoverable(new BrokenMachine(id, `turned ${instance.status} in ${instance.region.name}`));
    }
    if (instance.status !== "active")
      return notYet(`status ${instance.status}, address ${instance.ip ?? "none yet"}`);
    if (!instance.ip) return notYet("active, but without an address");
    return instance;
  });
}

/**
 * Terminates an instance and waits until it is gone; no error if it is gone already. Lambda blocks `terminate` for the
 * first seconds of an instance, and may accept it without acting: both are retried.
 *
 * @returns whether Lambda knew it at first
 */
export async function terminateAndWait(context: Context, id: string): Promise<boolean> {
  const { api, clock, timing } = context;
  const wait = {
    what: `instance ${id} to be gone`,
    deadline: timing.terminateDeadline,
    interval: timing.pollInterval,
    clock,
  };
  let known = false;
  await waitFor(wait, async () => {
    const instance = await api.getInstance(id).catch(throwPermanent);
    known ||= instance !== undefined;
    if (instance === undefined || isGone(instance)) return true;
    if (instance.status === "terminating") return notYet("status terminating");
    const action = instance.actions?.terminate;
    if (action && !action.available) {
      const why = action.reason_description ?? action.reason_code ?? "no reason given";
      return notYet(`status ${instance.status}, cannot be terminated yet: ${why}`);
    }
    context.log(`terminating ${label(instance)}`);
    const confirmed = await api.terminate(id);
    return notYet(confirmed ? "termination accepted" : "Lambda did not confirm the termination");
  });
  return known;
}

/** Failures that waiting does not change. */
const permanent = [InvalidApiKey, AccountRefused, InvalidRequest, Untrusted];

/** While something is being waited for, a permanent failure ends the wait; any other failure of a call may pass. */
export function throwPermanent(error: unknown): never {
  if (error instanceof ApiError && !permanent.some((kind) => error instanceof kind)) throw error;
  throw new Unrecoverable(asError(error));
}
