import { createPublicKey, type JsonWebKey } from "node:crypto";

/** An OpenSSH public key without its comment: type and base64. Two keys are the same key when these are equal. */
export const withoutComment = (publicKey: string): string =>
  publicKey.trim().split(/\s+/).slice(0, 2).join(" ");

/**
 * The OpenSSH public key that belongs to a private one, so that only the private one has to be configured.
 * @param privateKey OpenSSH format of any type, or PEM (PKCS#1, PKCS#8) of an Ed25519 or RSA key.
 * @param secret Name of the secret that holds it, for errors: `sshPrivateKey`.
 * @throws when the text is neither; the error never contains any of it.
 */
export function publicKeyOf(privateKey: string, secret: string): string {
  try {
    const blob = /BEGIN OPENSSH PRIVATE KEY/.test(privateKey) ? fromOpenSsh(privateKey) : fromPem(privateKey);
    return `${stringAt(blob, 0).toString("ascii")} ${blob.toString("base64")}`;
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    throw new Error(
      `the secret sophia-infra:${secret} cannot be used: ${error.message}. Set it to an SSH private key, in OpenSSH's format or PEM`,
    );
  }
}

/** An OpenSSH private key file has the public key in clear, encrypted or not (OpenSSH's PROTOCOL.key). */
function fromOpenSsh(text: string): Buffer {
  const file = Buffer.from(text.replace(/-----[^-]+-----/g, "").replace(/\s+/g, ""), "base64");
  const magic = Buffer.from("openssh-key-v1\0");
  if (!file.subarray(0, magic.length).equals(magic)) throw new Unreadable("its header is wrong");
  let at = magic.length;
  const skip = () => {
    const value = stringAt(file, at);
    at += 4 + value.length;
    return value;
  };
  for (const _ of ["cipher", "key derivation", "its options"]) skip();
  at += 4;
  return skip();
}

function fromPem(text: string): Buffer {
  let jwk: JsonWebKey;
  try {
    jwk = createPublicKey(text).export({ format: "jwk" });
  } catch {
    // The cause may quote the key.
    throw new Unreadable("it is encrypted or damaged");
  }
  const { kty, crv, x, e, n } = jwk;
  if (kty === "OKP" && crv === "Ed25519" && x) return packed("ssh-ed25519", Buffer.from(x, "base64url"));
  if (kty === "RSA" && e && n) return packed("ssh-rsa", positive(e), positive(n));
  throw new Unreadable(`a PEM key of type ${crv ?? kty} is not supported; convert it to OpenSSH's format`);
}

class Unreadable extends Error {}

/** A leading zero keeps a number with its highest bit set from being negative. */
function positive(base64url: string): Buffer {
  const number = Buffer.from(base64url, "base64url");
  return (number[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), number]) : number;
}

function packed(type: string, ...parts: Buffer[]): Buffer {
  return Buffer.concat(
    [Buffer.from(type), ...parts].flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(part.length);
      return [length, part];
    }),
  );
}

function stringAt(buffer: Buffer, at: number): Buffer {
  if (at + 4 > buffer.length) throw new Unreadable("it is truncated");
  const end = at + 4 + buffer.readUInt32BE(at);
  if (end > buffer.length) throw new Unreadable("it is truncated");
  return buffer.subarray(at + 4, end);
}
