import { createCipheriv, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";

/** Values of a stack file, sealed as the CLI does it where the secrets provider is a passphrase. */
export interface Sealed {
  /** Goes into the stack file beside `config`. */
  encryptionsalt: string;
  /** Ciphertext by key, for `secure:`. */
  values: Record<string, string>;
}

const derive = promisify(pbkdf2);
// The CLI's own parameters: sdk/go/common/resource/config/crypt.go.
const iterations = 1_000_000;

function seal(key: Buffer, plaintext: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const sealed = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `v1:${nonce.toString("base64")}:${sealed.toString("base64")}`;
}

/**
 * Seals many values at once. `pulumi config set` takes one at a time, half a second each, and several only on the
 * command line, where everybody on the machine reads them.
 *
 * @param previous salt of the stack file that is written anew: kept, so that the state's secrets stay as they are
 */
export async function sealValues(
  passphrase: string,
  values: Readonly<Record<string, string>>,
  previous?: string,
): Promise<Sealed> {
  const salt = Buffer.from(previous?.split(":")[1] ?? randomBytes(8).toString("base64"), "base64");
  const key = await derive(passphrase, salt, iterations, 32, "sha256");
  return {
    // The CLI proves a passphrase by this word.
    encryptionsalt: previous ?? `v1:${salt.toString("base64")}:${seal(key, "pulumi")}`,
    values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, seal(key, value)])),
  };
}
