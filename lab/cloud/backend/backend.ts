import { messageOf } from "../../../components/core/errors.ts";
import type { MachineDriver } from "../../machines/driver.ts";
import { LabClock } from "../store/clock.ts";
import { type AuditEvent, emptyState } from "../store/state.ts";
import { Store } from "../store/store.ts";
import type { Context, Incident } from "./context.ts";
import { FileSystems } from "./fileSystems.ts";
import { Firewall } from "./firewall.ts";
import { Instances } from "./instances.ts";
import { Machines } from "./machines.ts";
import { SshKeys } from "./sshKeys.ts";

export interface BackendOptions {
  driver: MachineDriver;
  lab: string;
  addressPrefix: string;
  fileSystems?: string | undefined;
  machinesDieWithProcess?: boolean | undefined;
  stateFile?: string | undefined;
  seed?: string | undefined;
  speed: number;
  report(incident: Incident): void;
}

/** Lambda Cloud's behaviour, without HTTP. */
export class Backend {
  readonly clock: LabClock;
  readonly store: Store;
  readonly instances: Instances;
  readonly machines: Machines;
  readonly sshKeys: SshKeys;
  readonly fileSystems: FileSystems;
  readonly firewall: Firewall;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #report: (incident: Incident) => void;
  readonly #revive: boolean;

  constructor(options: BackendOptions) {
    this.#report = options.report;
    this.#revive = options.machinesDieWithProcess ?? false;
    this.store = new Store(options.stateFile, options.seed);
    this.clock = new LabClock(options.speed, this.store.state.clock);
    const context: Context = { store: this.store, clock: this.clock, report: options.report };
    this.instances = new Instances(context, options.addressPrefix);
    this.machines = new Machines(context, options.driver, options.lab, () => this.settle());
    this.sshKeys = new SshKeys(context);
    this.fileSystems = new FileSystems(context, options.fileSystems);
    this.firewall = new Firewall(context);
  }

  get state() {
    return this.store.state;
  }

  /** Continues from the stored state, and begins to watch the machines. */
  async start(): Promise<void> {
    // A state file that cannot be written is refused now, not at the first launch.
    this.store.commit();
    await this.machines.removeStrays();
    if (this.#revive) this.machines.forget();
    else await this.machines.look();
    this.settle();
    this.#watch();
  }

  /** Takes every step that is due and sets the machines to follow. */
  settle(): void {
    if (this.#closed) return;
    this.state.clock = this.clock.now();
    this.instances.settle();
    this.machines.act();
  }

  /** Settles until nothing is under way: after it, all that could happen by now has happened. */
  async settleFully(): Promise<void> {
    let before: string;
    do {
      before = this.#shape();
      this.settle();
      await this.machines.idle();
      await this.machines.look();
      this.settle();
      await this.machines.idle();
    } while (this.#shape() !== before);
  }

  #shape(): string {
    return JSON.stringify(
      this.state.instances.map(({ id, status, machine }) => [id, status, machine.phase, machine.seen]),
    );
  }

  /** Looks every second while something is awaited, every five otherwise. */
  #watch(): void {
    this.#timer = setTimeout(
      async () => {
        try {
          await this.machines.look();
          this.settle();
        } catch (error) {
          const what = messageOf(error);
          this.#report({ kind: "machine", instance: "watch", what });
        }
        if (!this.#closed) this.#watch();
      },
      this.machines.restless ? 1000 : 5000,
    ).unref();
  }

  auditEvents(range: {
    start?: number | undefined;
    end?: number | undefined;
    resource?: string | undefined;
  }) {
    return this.state.auditEvents.filter(
      ({ at, resource }: AuditEvent) =>
        at >= (range.start ?? 0) &&
        at <= (range.end ?? Number.POSITIVE_INFINITY) &&
        (range.resource === undefined || range.resource === `cloud.${resource}`),
    );
  }

  /** An empty account and no machines. Ids repeat for an equal seed. */
  async reset(seed?: string): Promise<void> {
    this.store.replace(emptyState(seed));
    await this.machines.clear();
  }

  /** Stops watching and lets what is under way end; machines go on running. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.machines.idle();
    this.#closed = true;
    this.store.commit();
  }
}
