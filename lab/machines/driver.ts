import type { Availability } from "../../tools/docker/engine/decide.ts";

/** Specification of a machine. It never changes. */
export interface MachineSpec {
  /** Instance id; also the machine's name in the driver. */
  id: string;
  /** Lab that owns it: no other lab removes it. */
  lab: string;
  hostname: string;
  /** Loopback address (127.x.y.z) on which the machine's ports are published. */
  publicAddress: string;
  /** OpenSSH public keys that may log in as `ubuntu`. */
  authorizedKeys: string[];
  /** cloud-init text, plain. */
  userData?: string;
  /** Number and name of the machine's simulated GPUs. */
  gpus: { count: number; model: string };
  /** Persistent file systems, bound from the lab's own folder. */
  fileSystems: { id: string; name: string; mountPoint: string }[];
}

export interface Machine {
  id: string;
  state: "booting" | "running" | "stopped";
  /** Address on the lab's container network; absent until known. */
  privateAddress?: string;
  /** Unix milliseconds. */
  startedAt?: number;
}

/** Interface to a provider of machines. All calls are idempotent by id. */
export interface MachineDriver {
  available(): Promise<Availability>;
  /** Creates and starts a machine; returns before it has booted. */
  create(spec: MachineSpec): Promise<Machine>;
  list(): Promise<Machine[]>;
  inspect(id: string): Promise<Machine | undefined>;
  restart(id: string): Promise<void>;
  /** Removes the machine and its own disk; no error when it does not exist. File systems stay. */
  remove(id: string): Promise<void>;
  logs(id: string): Promise<string>;
}
