import type { Machine, MachineDriver, MachineSpec } from "../../../lab/machines/driver.ts";

/** Machines that exist only in memory, with every failure at a test's command. */
export class MemoryDriver implements MachineDriver {
  readonly machines = new Map<string, Machine>();
  readonly specs: MachineSpec[] = [];
  readonly removed: string[] = [];
  restarts = 0;
  /** State in which machines are born. */
  born: Machine["state"] = "running";
  /** Thrown by the next calls of that name until deleted. */
  readonly failing = new Map<"create" | "list" | "restart" | "remove", string>();

  #mayFail(call: "create" | "list" | "restart" | "remove"): void {
    const why = this.failing.get(call);
    if (why) throw new Error(why);
  }

  async available() {
    return { ok: true } as const;
  }

  async create(spec: MachineSpec): Promise<Machine> {
    this.#mayFail("create");
    this.specs.push(spec);
    const machine: Machine = {
      id: spec.id,
      state: this.born,
      privateAddress: `10.99.0.${this.specs.length + 1}`,
    };
    this.machines.set(spec.id, machine);
    return machine;
  }

  async list(): Promise<Machine[]> {
    this.#mayFail("list");
    return [...this.machines.values()];
  }

  async inspect(id: string): Promise<Machine | undefined> {
    return this.machines.get(id);
  }

  async restart(id: string): Promise<void> {
    this.#mayFail("restart");
    this.restarts += 1;
    this.become(id, "running");
  }

  async remove(id: string): Promise<void> {
    this.#mayFail("remove");
    this.machines.delete(id);
    this.removed.push(id);
  }

  async logs(): Promise<string> {
    return "";
  }

  /** Puts a machine into another state, as a crash or a power button would. */
  become(id: string, state: Machine["state"]): void {
    const machine = this.machines.get(id);
    if (!machine) throw new Error(`no machine ${id}`);
    this.machines.set(id, { ...machine, state });
  }
}
