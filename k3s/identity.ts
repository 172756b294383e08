import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../components/core/dynamic.ts";

export interface IdentityArgs {
  /** A change is another machine, and so another cluster. */
  machineId: pulumi.Input<string>;
  /** Birth id of the cluster. */
  clusterId: pulumi.Input<string>;
  /** SHA-256 of its certificate authority, as in its full tokens. */
  authority: pulumi.Input<string>;
}

/**
 * Which cluster it is, known in previews too. The command that reads it is run again whenever its login changes, and
 * until it has been, a preview could not tell that the cluster is still the same one: it would show everything in it
 * replaced.
 */
export class Identity extends DynamicResource {
  declare readonly clusterId: pulumi.Output<string>;
  declare readonly authority: pulumi.Output<string>;

  constructor(name: string, args: IdentityArgs, opts?: pulumi.CustomResourceOptions) {
    super("k3s:Identity", "k3s/identityProvider.ts", name, { ...args }, opts);
  }
}
