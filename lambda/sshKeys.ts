import * as pulumi from "@pulumi/pulumi";
import { publicKeyOf } from "../components/core/publicKey.ts";
import { launchKeyOf } from "./launchKey.ts";

/** The secrets that are private keys. The second one is set only during a change of the key. */
interface PrivateKeys {
  sshPrivateKey: pulumi.Output<string>;
  sshPreviousPrivateKey?: pulumi.Output<string> | undefined;
}

/** The keys of hosts. */
export interface SshKeys {
  /** What hosts are launched with. */
  publicKey: pulumi.Output<string>;
  /** Only during a change of the key. */
  change?: {
    publicKey: pulumi.Output<string>;
    /** Secret. */
    previousPrivateKey: pulumi.Output<string>;
    previousPublicKey: pulumi.Output<string>;
  };
}

/** The public half of a secret private key: it is no secret. */
export const publicKeyFrom = (
  privateKey: pulumi.Output<string> | undefined,
  secret: string,
): pulumi.Output<string> =>
  pulumi.unsecret(pulumi.output(privateKey).apply((key) => publicKeyOf(key ?? "", secret)));

/**
 * The keys of hosts, from the private ones.
 *
 * @param given `lambda.sshKey.publicKey`, which must be the private key's where it is set (`launchKeyOf`)
 */
export function sshKeysOf(
  { sshPrivateKey, sshPreviousPrivateKey: previousPrivateKey }: PrivateKeys,
  given: string | undefined,
): SshKeys {
  const publicKey = sshPrivateKey.apply((key) => launchKeyOf(key, given));
  if (previousPrivateKey === undefined) return { publicKey };
  const previousPublicKey = publicKeyFrom(previousPrivateKey, "sshPreviousPrivateKey");
  return { publicKey, change: { publicKey, previousPrivateKey, previousPublicKey } };
}
