import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../components/core/provider/dynamic.ts";

export interface IdentityArgs {
  /** A change replaces the resource: another machine is another cluster. */
  machineId: pulumi.Input<string>;
  /** Id that the cluster got when it was created. */
  clusterId: pulumi.Input<string>;
  /** SHA-256 of its certificate authority, as in its full tokens. */
  authority: pulumi.Input<string>;
}

/**
 * The cluster's identity, known in previews, too. The command that reads it runs again whenever its login changes; until
 * then its output is unknown, and a preview would show everything in the cluster as replaced.
 */
export class Identity extends DynamicResource {
  declare readonly clusterId: pulumi.Output<string>;
  declare readonly authority: pulumi.Output<string>;

  constructor(name: string, args: IdentityArgs, opts?: pulumi.CustomResourceOptions) {
    super("k3s:Identity", "k3s/identityProvider.ts", name, { ...args }, opts);
  }
}
