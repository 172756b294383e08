import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";

/** The key that the CLI derives from a passphrase, which encrypts the secrets of a stack's configuration and state. */
export interface StackKey {
  /** Belongs in the stack file next to `config`. */
  encryptionsalt: string;
  /** The ciphertext, as in `secure:` in the stack file. */
  seal(plaintext: string): string;
  /** @throws if the text was encrypted with another key */
  open(ciphertext: string): string;
}

/** Values of a stack file, encrypted as by the CLI with the secrets provider `passphrase`. */
export interface Sealed {
  /** Belongs in the stack file next to `config`. */
  encryptionsalt: string;
  /** Ciphertext by key, for `secure:`. */
  values: Record<string, string>;
}

const derive = promisify(pbkdf2);
// The CLI's parameters: sdk/go/common/resource/config/crypt.go.
const iterations = 1_000_000;
const cipherName = "aes-256-gcm";
const tagBytes = 16;

function seal(key: Buffer, plaintext: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv(cipherName, key, nonce);
  const sealed = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `v1:${nonce.toString("base64")}:${sealed.toString("base64")}`;
}

function open(key: Buffer, ciphertext: string): string {
  const [version, nonce = "", text = ""] = ciphertext.split(":");
  if (version !== "v1") throw new Error(`a secret of the stack has version ${version}, expected v1`);
  const sealed = Buffer.from(text, "base64");
  const decipher = createDecipheriv(cipherName, key, Buffer.from(nonce, "base64"));
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  return Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()]).toString();
}

/**
 * Derives a stack's key, which takes about half a second of processor time.
 *
 * @param previous `encryptionsalt` of an existing stack file; secrets in the state stay readable only with the same
 *   salt. Default: a new salt.
 */
export async function stackKey(passphrase: string, previous?: string): Promise<StackKey> {
  const salt = Buffer.from(previous?.split(":")[1] ?? randomBytes(8).toString("base64"), "base64");
  const key = await derive(passphrase, salt, iterations, 32, "sha256");
  return {
    // The CLI verifies a passphrase by decrypting this word.
    encryptionsalt: previous ?? `v1:${salt.toString("base64")}:${seal(key, "pulumi")}`,
    seal: (plaintext) => seal(key, plaintext),
    open: (ciphertext) => open(key, ciphertext),
  };
}

/**
 * Encrypts many values at once. `pulumi config set` takes one value at a time, in half a second each, or several on
 * the command line, where every user of the machine can read them.
 *
 * @param previous `encryptionsalt` of the stack file that is replaced. Default: a new salt.
 */
export async function sealValues(
  passphrase: string,
  values: Readonly<Record<string, string>>,
  previous?: string,
): Promise<Sealed> {
  const { encryptionsalt, seal: sealed } = await stackKey(passphrase, previous);
  return {
    encryptionsalt,
    values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, sealed(value)])),
  };
}
