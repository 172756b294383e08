import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../components/core/provider/dynamic.ts";
import type { Account } from "./ssh/exec.ts";

export interface DrainArgs {
  /** The host, for messages. */
  host: string;
  /** Kubernetes node name. */
  node: pulumi.Input<string>;
  /** A change is another machine: the node of the old one is drained and removed first. */
  machineId: pulumi.Input<string>;
  /** How to log in to the server, where `kubectl` runs. The key is secret. */
  server: pulumi.Input<Account>;
  /** How to log in to the host, where its node's name is not its own and may go to another one: K3s is stopped there, too. */
  machine?: pulumi.Input<Account> | undefined;
  /** Seconds for the eviction of the pods. */
  deadline: number;
}

/**
 * Drains a node before its machine is deleted or replaced, and before another machine takes its name. A server that cannot
 * be reached is passed over, where a command over SSH would fail the whole update; a server that refuses the login fails
 * it, so that no machine is deleted undrained because of a wrong key. `deletedWith` the cluster: where all of it is
 * destroyed, nothing is drained.
 *
 * Each one that is created has another id, so that what installs a node is repeated where the node comes back.
 */
export class Drain extends DynamicResource {
  constructor(name: string, args: DrainArgs, opts?: pulumi.CustomResourceOptions) {
    super("k3s:Drain", "k3s/drainProvider.ts", name, { ...args }, opts);
  }
}
