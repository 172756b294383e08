import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../../components/core/provider/dynamic.ts";
import type { Specs } from "../spec/catalog.ts";

export interface PublicationArgs {
  /** Catalog name of its task. A change replaces everything. */
  owner: string;
  /** Shown in previews, since the specs hold secrets and are not. */
  names: readonly string[];
  /** With secrets in clear. A change publishes the specs that changed; the state keeps it encrypted. */
  specs: pulumi.Input<Specs>;
}

/**
 * Specs that are live at Estuary: published together, all or none, and running once the resource is created. Publishes
 * only specs whose plaintext changed, because every publication restarts its tasks. Deletion includes its collections:
 * Estuary then disables bindings of other tasks that still name them, until those are published without.
 */
export class Publication extends DynamicResource {
  // Declared, not defined: a defined field would overwrite the output that Pulumi put there.
  declare readonly owner: pulumi.Output<string>;
  /** Changes with every publication. Not secret. */
  declare readonly revision: pulumi.Output<string>;
  constructor(name: string, args: PublicationArgs, options: pulumi.CustomResourceOptions = {}) {
    super(
      "estuary:Publication",
      "data/estuary/provider/publication.ts",
      name,
      {
        types: undefined,
        digests: undefined,
        revision: undefined,
        ...args,
        names: [...args.names],
        specs: pulumi.secret(args.specs),
      },
      // Digests reveal nothing about the secrets, but would show in every diff.
      pulumi.mergeOptions({ additionalSecretOutputs: ["digests"] }, options),
    );
  }
}
