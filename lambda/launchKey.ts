import * as pulumi from "@pulumi/pulumi";
import { publicKeyOf, withoutComment } from "../components/core/publicKey.ts";

/**
 * The key that hosts are launched with: that of the private one, by which the program logs in.
 * @param given From `lambda.sshKey.publicKey`. Another one is a warning in a preview, which may lack the stack's secrets.
 * @throws in an update where it is another one: hosts would be launched, and billed, that nobody can log in to
 */
export function launchKeyOf(privateKey: string, given: string | undefined): string {
  const own = publicKeyOf(privateKey, "sshPrivateKey");
  if (given === undefined || withoutComment(given) === own) return given ?? own;
  const fault =
    "lambda.sshKey.publicKey is not the public half of the secret sophia-infra:sshPrivateKey, by which the program logs in: " +
    `got ${withoutComment(given)}, expected ${own}. Leave it out, or set the private key that belongs to it`;
  if (!pulumi.runtime.isDryRun()) throw new Error(fault);
  void pulumi.log.warn(`an update of stack ${pulumi.getStack()} will be refused: ${fault}`);
  return given;
}
