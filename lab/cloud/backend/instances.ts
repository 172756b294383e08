import type { Instance, Status } from "../store/state.ts";
import { findType } from "./catalogue.ts";
import { audit, type Context } from "./context.ts";
import { Conflict, DoesNotExist, InvalidParameters, QuotaExceeded } from "./errors.ts";
import { type LaunchRequest, planLaunch } from "./launch.ts";
import { actionBlocked, type Change, isListed, nextChange, terminateBlocked } from "./lifecycle.ts";

/** First and last host part of the public addresses; below are the network's own, 255 is broadcast by habit. */
const firstAddress = 11;
const lastAddress = 254;

/** What instances are and do. Machines follow what is written here (`machines.ts`). */
export class Instances {
  readonly #context: Context;
  readonly #addressPrefix: string;

  /** @param addressPrefix First three parts of the public addresses, like `127.20.0`. */
  constructor(context: Context, addressPrefix: string) {
    this.#context = context;
    this.#addressPrefix = addressPrefix;
  }

  get #state() {
    return this.#context.store.state;
  }

  /** Takes every step that is due. Called before each request is handled and whenever a machine changed. */
  settle(): void {
    let changed = false;
    for (const instance of [...this.#state.instances]) {
      for (;;) {
        const change = nextChange(instance, this.#context.clock.now(), this.#state.transitions);
        if (!change) break;
        changed = true;
        this.#apply(instance, change);
        if (change.to === "gone") break;
      }
    }
    if (changed) this.#context.store.commit();
  }

  #apply(instance: Instance, { to, at, trouble }: Change): void {
    const was = instance.status;
    if (to === "gone") this.#forget(instance, at);
    else this.#enter(instance, to, at);
    if (trouble) instance.trouble = trouble;
    if (to === "active") {
      delete instance.trouble;
      instance.restarting = false;
      instance.firstHealthyAt ??= at;
    }
    const why = trouble ? `: ${trouble}` : "";
    this.#context.report({ kind: "lifecycle", instance: instance.id, what: `${was} → ${to}${why}` });
  }

  #enter(instance: Instance, status: Status, at: number): void {
    instance.status = status;
    instance.enteredAt = at;
    instance.reads = 0;
  }

  #forget(instance: Instance, at: number): void {
    this.#state.instances = this.#state.instances.filter(({ id }) => id !== instance.id);
    const { id, name, type, region, tags, launchedAt } = instance;
    this.#state.gone.push({ id, ...(name ? { name } : {}), type, region, tags, launchedAt, endedAt: at });
    if (this.#state.gone.length > 1000) this.#state.gone.shift();
  }

  /** Newest first, as the API pages them. */
  list(): Instance[] {
    const now = this.#context.clock.now();
    const seen = this.#state.instances
      .filter((instance) => isListed(instance, now, this.#state.transitions))
      .reverse();
    this.#countReads(seen);
    return seen;
  }

  get(id: string): Instance {
    const instance = this.#find(id);
    this.#countReads([instance]);
    return instance;
  }

  /** Reads are part of the state only where a step waits for them: a poll need not write a file. */
  #countReads(instances: Instance[]): void {
    for (const instance of instances) {
      instance.reads += 1;
      instance.allReads += 1;
    }
    if (Object.values(this.#state.transitions).some(({ by }) => by === "reads")) this.#context.store.commit();
  }

  #find(id: string): Instance {
    const instance = this.#state.instances.find((candidate) => candidate.id === id);
    if (!instance) throw new DoesNotExist();
    return instance;
  }

  launch(request: LaunchRequest): Instance {
    const { authorizedKeys, userData, ...draft } = planLaunch(this.#state, request);
    const now = this.#context.clock.now();
    const outcome = this.#takeOutcome(draft.type, draft.region);
    const instance: Instance = {
      ...draft,
      id: this.#context.store.nextId("instance"),
      address: this.#takeAddress(),
      status: "booting",
      launchedAt: now,
      enteredAt: now,
      reads: 0,
      allReads: 0,
      restarting: false,
      held: false,
      ...(outcome ? { outcome } : {}),
      machine: {
        phase: "requested",
        since: now,
        authorizedKeys,
        ...(userData === undefined ? {} : { userData }),
      },
    };
    this.#state.instances.push(instance);
    audit(this.#context, "instance", "launched", [instance.id], {
      instance_type: instance.type,
      region: instance.region,
    });
    this.#context.store.commit();
    return instance;
  }

  /** A new address at every launch, as in reality: nothing may count on the old one. */
  #takeAddress(): string {
    const taken = new Set(this.#state.instances.map(({ address }) => address));
    const count = lastAddress - firstAddress + 1;
    for (let step = 1; step <= count; step += 1) {
      const part = firstAddress + ((this.#state.lastAddress - firstAddress + step + count) % count);
      const address = `${this.#addressPrefix}.${part}`;
      if (taken.has(address)) continue;
      this.#state.lastAddress = part;
      return address;
    }
    throw new QuotaExceeded();
  }

  #takeOutcome(type: string, region: string): Instance["outcome"] {
    const plan = this.#state.outcomes.find(
      (candidate) =>
        (candidate.type ?? type) === type && (candidate.region ?? region) === region && findType(type),
    );
    if (!plan) return undefined;
    plan.next -= 1;
    this.#state.outcomes = this.#state.outcomes.filter(({ next }) => next > 0);
    return plan.outcome;
  }

  rename(id: string, name: string | undefined): Instance {
    const instance = this.#find(id);
    if (name !== undefined) instance.name = name;
    this.#context.store.commit();
    return instance;
  }

  /** Ends all of them or, when one is unknown or cannot be ended yet, none. Ending twice is harmless. */
  terminate(ids: string[]): Instance[] {
    const now = this.#context.clock.now();
    const instances = ids.map((id) => this.#find(id));
    const early = instances.filter(
      (instance) => terminateBlocked(instance, now, this.#state.transitions) === "vm-has-not-launched",
    );
    const policy = this.#state.quirks.earlyTerminate;
    if (early.length > 0 && policy === "refuse")
      throw new InvalidParameters(`Instance ${early[0]?.id} has not launched yet and cannot be terminated.`);
    const accepted =
      policy === "omit" ? instances.filter((instance) => !early.includes(instance)) : instances;
    for (const instance of accepted) {
      if (["terminating", "terminated", "preempted"].includes(instance.status)) continue;
      this.#enter(instance, "terminating", now);
      audit(this.#context, "instance", "terminated", [instance.id]);
    }
    this.#context.store.commit();
    return accepted;
  }

  restart(ids: string[]): Instance[] {
    const instances = ids.map((id) => this.#find(id));
    for (const instance of instances) {
      const blocked = actionBlocked(instance);
      if (blocked) throw new Conflict(`Instance ${instance.id} cannot be restarted: ${blocked}.`);
    }
    for (const instance of instances) {
      this.#enter(instance, "booting", this.#context.clock.now());
      instance.restarting = true;
      instance.machine.restartWanted = true;
      // What was observed before does not hold for the machine that starts now.
      delete instance.machine.seen;
      instance.held = false;
      audit(this.#context, "instance", "restarted", [instance.id]);
    }
    this.#context.store.commit();
    return instances;
  }

  /** Sets a status by hand (control only). The machine no longer moves it until it is restarted or terminated. */
  force(id: string, status: Status): Instance {
    const instance = this.#find(id);
    this.#enter(instance, status, this.#context.clock.now());
    instance.held = status === "booting" || status === "unhealthy";
    if (status === "unhealthy") instance.trouble = "set by hand";
    if (status === "active") instance.firstHealthyAt ??= this.#context.clock.now();
    this.#context.store.commit();
    return instance;
  }
}
