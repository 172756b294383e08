import { createServer, type Server } from "node:net";
import type { Availability } from "../../tools/docker/engine/decide.ts";
import type { Machine, MachineDriver, MachineSpec } from "./driver.ts";

export interface FakeOptions {
  /** Answer with an SSH banner on port 22 of each machine's public address, as a running machine does. Default: false. */
  listen?: boolean;
  /** Port that listens. Default 22. */
  port?: number;
  /** Machines stay `booting` until `finishBoot`. Default: false, they run at once. */
  slowBoot?: boolean;
  /** Milliseconds. Default: the machine's clock. */
  now?: () => number;
}

interface FakeMachine {
  spec: MachineSpec;
  machine: Machine;
  server?: Server;
}

/** Machines in memory, for tests without Docker. */
export class FakeDriver implements MachineDriver {
  readonly #options: FakeOptions;
  readonly #machines = new Map<string, FakeMachine>();
  #failures: Error[] = [];

  constructor(options: FakeOptions = {}) {
    this.#options = options;
  }

  available(): Promise<Availability> {
    return Promise.resolve({ ok: true });
  }

  async create(spec: MachineSpec): Promise<Machine> {
    this.#failIfAsked();
    const known = this.#machines.get(spec.id);
    if (known) return { ...known.machine };
    const last = spec.publicAddress.split(".").at(-1) ?? "0";
    const machine: Machine = {
      id: spec.id,
      state: "booting",
      privateAddress: `10.213.0.${last}`,
      startedAt: this.#now(),
    };
    const entry: FakeMachine = { spec, machine };
    this.#machines.set(spec.id, entry);
    if (this.#options.listen) entry.server = await this.#listen(spec);
    if (!this.#options.slowBoot) machine.state = "running";
    return { ...machine };
  }

  list(): Promise<Machine[]> {
    return Promise.resolve([...this.#machines.values()].map(({ machine }) => ({ ...machine })));
  }

  inspect(id: string): Promise<Machine | undefined> {
    const known = this.#machines.get(id);
    return Promise.resolve(known && { ...known.machine });
  }

  async restart(id: string): Promise<void> {
    this.#failIfAsked();
    const { machine } = this.#need(id);
    machine.startedAt = this.#now();
    machine.state = this.#options.slowBoot ? "booting" : "running";
  }

  async remove(id: string): Promise<void> {
    this.#failIfAsked();
    const known = this.#machines.get(id);
    this.#machines.delete(id);
    await closeServer(known?.server);
  }

  logs(id: string): Promise<string> {
    return Promise.resolve(`fake machine ${this.#need(id).machine.state}\n`);
  }

  /** The specification that a machine was created with. */
  spec(id: string): MachineSpec {
    return this.#need(id).spec;
  }

  /** Ends the boot of a machine under `slowBoot`. */
  finishBoot(id: string): void {
    this.#need(id).machine.state = "running";
  }

  /** Stops a machine as a crash would. */
  kill(id: string): void {
    this.#need(id).machine.state = "stopped";
  }

  /** The next call that changes something fails with `error`. */
  failNext(error: Error): void {
    this.#failures.push(error);
  }

  /** Removes all machines. */
  async close(): Promise<void> {
    this.#failures = [];
    for (const id of [...this.#machines.keys()]) await this.remove(id);
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  #need(id: string): FakeMachine {
    const known = this.#machines.get(id);
    if (!known) throw new Error(`machine ${id} does not exist`);
    return known;
  }

  #failIfAsked(): void {
    const error = this.#failures.shift();
    if (error) throw error;
  }

  #listen(spec: MachineSpec): Promise<Server> {
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.end("SSH-2.0-Lab\r\n");
    });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#options.port ?? 22, spec.publicAddress, () => resolve(server));
    });
  }
}

const closeServer = (server: Server | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    if (!server) return resolve();
    server.close((error) => (error ? reject(error) : resolve()));
  });
