import { messageOf } from "../../../components/core/errors.ts";
import type { Machine, MachineDriver, MachineSpec } from "../../machines/driver.ts";
import type { Instance } from "../store/state.ts";
import { typeOf } from "./catalogue.ts";
import type { Context } from "./context.ts";

const ending = ["terminating", "terminated", "preempted"];
/** What the driver is asked for an instance. Pure. */
function machineSpec(instance: Instance, lab: string): MachineSpec {
  const type = typeOf(instance.type);
  return {
    id: instance.id,
    lab,
    hostname: instance.hostname ?? instance.address.replaceAll(".", "-"),
    publicAddress: instance.address,
    authorizedKeys: instance.machine.authorizedKeys,
    ...(instance.machine.userData === undefined ? {} : { userData: instance.machine.userData }),
    gpus: { count: type.gpus, model: type.gpu },
    fileSystems: instance.mounts,
  };
}

/**
 * Makes machines follow instances: starts what was launched, removes what was terminated, and writes down what the
 * driver says of the rest. A driver that fails makes an instance unhealthy; one that cannot be asked changes nothing.
 */
export class Machines {
  readonly #context: Context;
  readonly #driver: MachineDriver;
  readonly #lab: string;
  readonly #changed: () => void;
  readonly #busy = new Map<string, Promise<void>>();
  /** Whose removal failed: not tried again before the next poll, so that a broken engine is not called continuously. */
  readonly #resting = new Set<string>();
  readonly #complaints = new Map<string, string>();

  /** @param changed Called after every fact that was written down. */
  constructor(context: Context, driver: MachineDriver, lab: string, changed: () => void) {
    this.#context = context;
    this.#driver = driver;
    this.#lab = lab;
    this.#changed = changed;
  }

  get #instances() {
    return this.#context.store.state.instances;
  }

  /** Whether something is in progress or awaited, and a short poll interval is needed. */
  get restless(): boolean {
    return (
      this.#busy.size > 0 ||
      this.#instances.some(
        ({ status, machine }) =>
          status === "booting" || (ending.includes(status) && machine.phase !== "removed"),
      )
    );
  }

  /** Removes machines of this lab that no instance stands for: what a lost or deleted state left behind. */
  async removeStrays(): Promise<void> {
    const known = new Set(this.#instances.map(({ id }) => id));
    for (const machine of await this.#driver.list()) {
      if (known.has(machine.id)) continue;
      await this.#driver.remove(machine.id);
      this.#report(machine.id, "removed: no instance stands for it");
    }
  }

  /** Creates every machine again: for a driver whose machines ended with the last process. */
  forget(): void {
    for (const instance of this.#instances)
      if (instance.machine.phase === "created") this.#enter(instance, "requested");
  }

  /** Starts whatever is due; each instance has at most one thing under way. */
  act(): void {
    for (const instance of this.#instances) {
      if (this.#busy.has(instance.id) || this.#resting.has(instance.id)) continue;
      const work = this.#due(instance);
      if (!work) continue;
      const run = work()
        .finally(() => this.#busy.delete(instance.id))
        .then(() => {
          this.#context.store.commit();
          this.#changed();
        })
        .catch((error: unknown) => this.#complain(instance.id, messageOf(error)));
      this.#busy.set(instance.id, run);
    }
  }

  #due(instance: Instance): (() => Promise<void>) | undefined {
    const { machine, status } = instance;
    if (ending.includes(status))
      return machine.phase === "removed" ? undefined : () => this.#remove(instance);
    if (machine.phase === "requested") return () => this.#create(instance);
    if (machine.phase === "created" && machine.restartWanted) return () => this.#restart(instance);
    return undefined;
  }

  async #create(instance: Instance): Promise<void> {
    try {
      const made = await this.#driver.create(machineSpec(instance, this.#lab));
      this.#enter(instance, "created");
      this.#observe(instance, made);
      this.#report(instance.id, `created at ${instance.address}`);
    } catch (error) {
      this.#enter(instance, "failed");
      instance.trouble = `its machine could not be created: ${messageOf(error)}`;
      this.#report(instance.id, instance.trouble);
    }
    delete instance.machine.userData;
  }

  async #restart(instance: Instance): Promise<void> {
    delete instance.machine.restartWanted;
    delete instance.machine.seen;
    try {
      await this.#driver.restart(instance.id);
      this.#report(instance.id, "restarted");
    } catch (error) {
      instance.machine.seen = "stopped";
      instance.trouble = `its machine could not be restarted: ${messageOf(error)}`;
      this.#report(instance.id, instance.trouble);
    }
  }

  async #remove(instance: Instance): Promise<void> {
    try {
      await this.#driver.remove(instance.id);
      this.#enter(instance, "removed");
      delete instance.machine.userData;
      this.#report(instance.id, "removed");
    } catch (error) {
      this.#resting.add(instance.id);
      this.#complain(instance.id, `could not be removed, and will be tried again: ${messageOf(error)}`);
    }
  }

  /** Asks the driver once for all machines. */
  async look(): Promise<void> {
    this.#resting.clear();
    const asked = this.#instances.filter(
      ({ id, machine }) => machine.phase === "created" && !this.#busy.has(id),
    );
    if (asked.length === 0) return;
    let machines: Machine[];
    try {
      machines = await this.#driver.list();
      this.#complaints.delete("driver");
    } catch (error) {
      this.#complain("driver", `cannot list machines: ${messageOf(error)}`);
      return;
    }
    let changed = false;
    for (const instance of asked) {
      // Something may have begun while the driver was responding: its response is outdated then.
      if (this.#busy.has(instance.id) || instance.machine.phase !== "created") continue;
      changed =
        this.#observe(
          instance,
          machines.find(({ id }) => id === instance.id),
        ) || changed;
    }
    if (!changed) return;
    this.#context.store.commit();
    this.#changed();
  }

  #observe({ machine }: Instance, found: Machine | undefined): boolean {
    const before = `${machine.seen} ${machine.privateAddress}`;
    machine.seen = found?.state ?? "missing";
    if (found?.privateAddress) machine.privateAddress = found.privateAddress;
    const changed = before !== `${machine.seen} ${machine.privateAddress}`;
    if (changed) machine.since = this.#context.clock.now();
    return changed;
  }

  #enter({ machine }: Instance, phase: Instance["machine"]["phase"]): void {
    machine.phase = phase;
    machine.since = this.#context.clock.now();
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#busy.size > 0) await Promise.all(this.#busy.values());
  }

  /** Takes every machine of this lab away. */
  async clear(): Promise<void> {
    await this.idle();
    for (const { id } of await this.#driver.list()) await this.#driver.remove(id);
  }

  #report(instance: string, what: string): void {
    this.#context.report({ kind: "machine", instance, what });
  }

  /** Reports a problem once, however often it occurs. */
  #complain(subject: string, what: string): void {
    if (this.#complaints.get(subject) === what) return;
    this.#complaints.set(subject, what);
    this.#report(subject, what);
  }
}
