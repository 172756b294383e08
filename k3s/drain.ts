import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../components/core/provider/dynamic.ts";
import type { Account } from "./ssh/exec.ts";

export interface DrainArgs {
  /** Kubernetes node name. */
  node: pulumi.Input<string>;
  /** A change is another machine: the node of the old one is drained and removed first. */
  machineId: pulumi.Input<string>;
  /** How to log in to the server, where `kubectl` runs. The key is secret. */
  server: pulumi.Input<Account>;
  /** Seconds for the eviction of the pods. */
  deadline: number;
}

/**
 * Drains a node before its machine is deleted or replaced. A server that cannot be reached is passed over, where a
 * command over SSH would fail the whole update; a server that refuses the login fails it, so that no machine is deleted
 * undrained because of a wrong key. `deletedWith` the cluster: where all of it is destroyed, nothing is drained.
 */
export class Drain extends DynamicResource {
  constructor(name: string, args: DrainArgs, opts?: pulumi.CustomResourceOptions) {
    super("k3s:Drain", "k3s/drainProvider.ts", name, { ...args }, opts);
  }
}
