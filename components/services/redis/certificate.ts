import type * as pulumi from "@pulumi/pulumi";
import { mergeOptions } from "@pulumi/pulumi";
import { DynamicResource } from "../../core/provider/dynamic.ts";

/**
 * A self-signed certificate, and the one that follows it. Clients trust both, so that the update in which the second takes
 * over refuses none of them: an update in the last of the first ten years, or other names, which make both anew.
 */
export class CertificateSuccession extends DynamicResource {
  /** In use, PEM. */
  declare readonly certificate: pulumi.Output<string>;
  /** Its key, PEM; secret. */
  declare readonly key: pulumi.Output<string>;
  /** What clients trust: this certificate and the next, PEM. */
  declare readonly trusted: pulumi.Output<string>;

  /** @param names DNS names; the first is the common name */
  constructor(
    name: string,
    { names }: { names: pulumi.Input<string[]> },
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(
      "services:CertificateSuccession",
      "components/services/redis/certificateProvider.ts",
      name,
      { names, certificate: undefined, key: undefined, trusted: undefined, successor: undefined },
      mergeOptions({ additionalSecretOutputs: ["key", "successor"] }, opts ?? {}),
    );
  }
}
