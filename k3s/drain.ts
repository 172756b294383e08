import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../components/core/dynamic.ts";

export interface DrainArgs {
  /** Kubernetes node name. */
  node: pulumi.Input<string>;
  /** A change is another machine: the node of the old one is drained and removed first. */
  machineId: pulumi.Input<string>;
  /** How to log in to the server, where `kubectl` runs. The key is secret. */
  server: pulumi.Input<{
    address: pulumi.Input<string>;
    port: pulumi.Input<number>;
    user: pulumi.Input<string>;
    privateKey: pulumi.Input<string>;
    hostKey: pulumi.Input<string>;
  }>;
  /** Seconds that pods are given to leave. */
  deadline: number;
}

/**
 * Empties a node before its machine goes, deleted or replaced. It does so as well as it can in bounded time: when the
 * server is gone too, there is nothing to drain, and the machine goes all the same. A command that is run over SSH
 * would fail there, and with it the whole update.
 */
export class Drain extends DynamicResource {
  constructor(name: string, args: DrainArgs, opts?: pulumi.CustomResourceOptions) {
    super("k3s:Drain", "k3s/drainProvider.ts", name, { ...args }, opts);
  }
}
