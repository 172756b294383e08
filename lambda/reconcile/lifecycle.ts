import { Hopeless, notYet, waitFor } from "../../components/core/wait.ts";
import { LambdaError } from "../client/errors.ts";
import type { WireInstance } from "../client/wire.ts";
import { type Context, messageOf } from "./context.ts";
import { isAlive, isGone } from "./spec.ts";

/** The machine will not come up: waiting longer cannot help, another launch can. */
export class BrokenMachine extends Error {
  constructor(id: string, reason: string) {
    super(`instance ${id} ${reason}`);
    this.name = "BrokenMachine";
  }
}

const label = (instance: Pick<WireInstance, "id" | "name">): string =>
  instance.name ? `${instance.name} (${instance.id})` : instance.id;

/** Waits until an instance is active and has its address, which comes later than the instance. */
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
    const instance = await api.getInstance(id).catch(giveUpUnlessPassing);
    if (instance === undefined) {
      const young = clock.now() - start < timing.settleDeadline * 1000;
      if (!seen && young) return notYet("Lambda does not list it yet");
      throw new Hopeless(new BrokenMachine(id, "is gone"));
    }
    seen = true;
    if (!isAlive(instance) || instance.status === "unhealthy") {
      throw new Hopeless(new BrokenMachine(id, `turned ${instance.status} in ${instance.region.name}`));
    }
    if (instance.status !== "active")
      return notYet(`status ${instance.status}, address ${instance.ip ?? "none yet"}`);
    if (!instance.ip) return notYet("active, but without an address");
    return instance;
  });
}

/**
 * Terminates an instance and waits until it is really gone; one that is gone already is fine.
 * Lambda blocks `terminate` for the first seconds of an instance, and may take it without acting: both are waits.
 */
export async function terminateAndWait(context: Context, id: string): Promise<void> {
  const { api, clock, timing } = context;
  const wait = {
    what: `instance ${id} to be gone`,
    deadline: timing.terminateDeadline,
    interval: timing.pollInterval,
    clock,
  };
  await waitFor(wait, async () => {
    const instance = await api.getInstance(id).catch(giveUpUnlessPassing);
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
}

/** While something is being waited for, an answer that will never change ends the wait; anything else may pass. */
export function giveUpUnlessPassing(error: unknown): never {
  const lasting = ["InvalidApiKey", "AccountRefused", "InvalidRequest", "Untrusted"];
  if (error instanceof LambdaError && !lasting.includes(error.name)) throw error;
  throw new Hopeless(error instanceof Error ? error : new Error(messageOf(error)));
}
