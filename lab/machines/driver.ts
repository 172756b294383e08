/** What a machine of the lab is asked to be. Every field is fixed for its life. */
export interface MachineSpec {
  /** Instance id; also the machine's name in the driver. */
  id: string;
  /** Lab that owns it: removal never crosses labs. */
  lab: string;
  hostname: string;
  /** Loopback address (127.x.y.z) on which the machine's ports are published. */
  publicAddress: string;
  /** OpenSSH public keys that may log in as `ubuntu`. */
  authorizedKeys: string[];
  /** cloud-init text, plain. */
  userData?: string;
  /** Number and name of GPUs that the machine pretends to have. */
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

export type Availability = { ok: true } | { ok: false; reason: string; fix: string };

/** The narrow door to whatever runs machines. All calls are idempotent by id. */
export interface MachineDriver {
  available(): Promise<Availability>;
  /** Creates and starts; returns as soon as the machine is on its way. */
  create(spec: MachineSpec): Promise<Machine>;
  list(): Promise<Machine[]>;
  inspect(id: string): Promise<Machine | undefined>;
  restart(id: string): Promise<void>;
  /** Removes the machine and its own disk; a missing one is no error. File systems stay. */
  remove(id: string): Promise<void>;
  logs(id: string): Promise<string>;
}
