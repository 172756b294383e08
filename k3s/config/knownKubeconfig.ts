import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../components/core/provider/dynamic.ts";

export interface KnownKubeconfigArgs {
  /** A change replaces the resource: another machine is another cluster. */
  machineId: pulumi.Input<string>;
  /** What was read. */
  kubeconfig: pulumi.Input<string>;
}

/**
 * The kubeconfig, known in previews, too. The command that reads it runs again after some weeks and at an upgrade; until
 * then its output is unknown, and a preview could not compare anything in the cluster. Unknown only in the previews of
 * the first update with this resource, and of the first after the certificate's end.
 */
export class KnownKubeconfig extends DynamicResource {
  declare readonly kubeconfig: pulumi.Output<string>;

  constructor(name: string, args: KnownKubeconfigArgs, opts?: pulumi.CustomResourceOptions) {
    const secret = { additionalSecretOutputs: ["kubeconfig"] };
    super(
      "k3s:Kubeconfig",
      "k3s/config/knownKubeconfigProvider.ts",
      name,
      { ...args },
      pulumi.mergeOptions(secret, opts),
    );
  }
}
