import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../components/core/provider/dynamic.ts";
import type { Account } from "../ssh/exec.ts";

export interface TunnelClosingArgs {
  /** User of the tunnel. */
  user: pulumi.Input<string>;
  /** A change is another machine: the user is removed from the old one, where that can be reached. */
  machineId: pulumi.Input<string>;
  /** How to log in to the tunnel's host. The key is secret. */
  host: pulumi.Input<Account>;
}

/**
 * Removes a tunnel's user and key from its host when it is deleted. Not the `delete` of a command: that would fail the
 * update which replaces a lost host. A host that refuses the login fails it, as the key would still be accepted.
 */
export class TunnelClosing extends DynamicResource {
  constructor(name: string, args: TunnelClosingArgs, opts?: pulumi.CustomResourceOptions) {
    super("k3s:TunnelClosing", "k3s/tunnel/closingProvider.ts", name, { ...args }, opts);
  }
}
