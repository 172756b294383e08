import type { Machine, MachineSpec } from "../../../lab/machines/driver.ts";
import { FakeDriver } from "../../../lab/machines/fake.ts";

/** The fake driver with a memory of what it was asked, and calls that fail until told otherwise. */
export class MemoryDriver extends FakeDriver {
  readonly created: string[] = [];
  readonly removed: string[] = [];
  readonly restarted: string[] = [];
  /** What the calls of that name throw until it is deleted. */
  readonly failing = new Map<"create" | "list" | "restart" | "remove", string>();

  #mayFail(call: "create" | "list" | "restart" | "remove"): void {
    const why = this.failing.get(call);
    if (why) throw new Error(why);
  }

  override async create(spec: MachineSpec): Promise<Machine> {
    this.#mayFail("create");
    this.created.push(spec.id);
    return super.create(spec);
  }

  override async list(): Promise<Machine[]> {
    this.#mayFail("list");
    return super.list();
  }

  override async restart(id: string): Promise<void> {
    this.#mayFail("restart");
    this.restarted.push(id);
    return super.restart(id);
  }

  override async remove(id: string): Promise<void> {
    this.#mayFail("remove");
    this.removed.push(id);
    return super.remove(id);
  }
}
