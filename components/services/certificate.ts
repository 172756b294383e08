import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../core/provider/dynamic.ts";

/**
 * A self-signed certificate, for a server whose clients are configured to trust it. Valid for ten years; an
 * update in the last of them, or other names, make a new one.
 */
export class SelfSignedCertificate extends DynamicResource {
  /** PEM. */
  declare readonly certificate: pulumi.Output<string>;
  /** PEM; secret. */
  declare readonly key: pulumi.Output<string>;

  /** @param names DNS names; the first is the common name */
  constructor(
    name: string,
    { names }: { names: pulumi.Input<string[]> },
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(
      "services:SelfSignedCertificate",
      "components/services/gpuMetrics/certificateProvider.ts",
      name,
      { names, certificate: undefined, key: undefined },
      pulumi.mergeOptions({ additionalSecretOutputs: ["key"] }, opts ?? {}),
    );
  }
}
