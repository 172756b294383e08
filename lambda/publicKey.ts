import { createPublicKey, type JsonWebKey } from "node:crypto";

/**
 * The OpenSSH public key that belongs to a private one, so that only the private one has to be configured.
 * @param privateKey OpenSSH format of any type, or PEM (PKCS#1, PKCS#8) of an Ed25519 or RSA key.
 * @throws when the text is neither; the error never contains any of it.
 */
export function publicKeyOf(privateKey: string): string {
  const blob = /BEGIN OPENSSH PRIVATE KEY/.test(privateKey) ? fromOpenSsh(privateKey) : fromPem(privateKey);
  return `${firstString(blob).toString("ascii")} ${blob.toString("base64")}`;
}

/** An OpenSSH private key file has the public key in clear, encrypted or not (OpenSSH's PROTOCOL.key). */
function fromOpenSsh(text: string): Buffer {
  const file = Buffer.from(text.replace(/-----[^-]+-----/g, "").replace(/\s+/g, ""), "base64");
  const magic = Buffer.from("openssh-key-v1\0");
  if (!file.subarray(0, magic.length).equals(magic)) throw unreadable("its header is wrong");
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
    throw unreadable("it is encrypted or damaged");
  }
  const { kty, crv, x, e, n } = jwk;
  if (kty === "OKP" && crv === "Ed25519" && x) return packed("ssh-ed25519", Buffer.from(x, "base64url"));
  if (kty === "RSA" && e && n) return packed("ssh-rsa", positive(e), positive(n));
  throw unreadable(`a PEM key of type ${crv ?? kty} is not supported; convert it to OpenSSH's format`);
}

const unreadable = (why: string) => new Error(`the secret sophia-infra:sshPrivateKey cannot be used: ${why}`);

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
  if (at + 4 > buffer.length) throw unreadable("it is truncated");
  const end = at + 4 + buffer.readUInt32BE(at);
  if (end > buffer.length) throw unreadable("it is truncated");
  return buffer.subarray(at + 4, end);
}
const firstString = (buffer: Buffer): Buffer => stringAt(buffer, 0);
