import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../components/core/provider/dynamic.ts";

export interface HostKeyArgs {
  /** A change replaces the resource: the key of another machine is read and pinned. */
  machineId: pulumi.Input<string>;
  /** The update fails unless the same key is found at a new address. */
  address: pulumi.Input<string>;
  /** As `address`. */
  port: pulumi.Input<number>;
  /** Seconds to wait for SSH to answer. */
  deadline: number;
}

/** The SSH host key of a machine, pinned at first contact. */
export class HostKey extends DynamicResource {
  /** As in a `known_hosts` file: type and base64. */
  declare readonly hostKey: pulumi.Output<string>;

  constructor(name: string, args: HostKeyArgs, opts?: pulumi.CustomResourceOptions) {
    super("k3s:HostKey", "k3s/ssh/hostKeyProvider.ts", name, { ...args, hostKey: undefined }, opts);
  }
}
