import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../components/core/provider/dynamic.ts";
import type { Account } from "../ssh/exec.ts";
import type { Member } from "./script.ts";

export interface LeavingArgs extends Member {
  /** Kubernetes node name, for messages. */
  node: string;
  /** K3s's service on the host, for messages. */
  unit: "k3s" | "k3s-agent";
  /** A change is another machine: K3s is stopped on the one that leaves. */
  machineId: pulumi.Input<string>;
  /** How to log in to the host. The key is secret. */
  host: pulumi.Input<Account>;
}

/**
 * Stops K3s on an adopted host when this is deleted: such a machine runs on, and would go on being a node. A host that
 * cannot be reached is passed over, with a warning; one that refuses the login fails the update, as its K3s may run. A
 * change of the login is an update, which does nothing on the host.
 */
export class Leaving extends DynamicResource {
  constructor(name: string, args: LeavingArgs, opts?: pulumi.CustomResourceOptions) {
    super("k3s:Leaving", "k3s/leaving/leavingProvider.ts", name, { ...args }, opts);
  }
}
