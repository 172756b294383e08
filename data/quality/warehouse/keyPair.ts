import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";

function privateKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "rsa") return key;
  } catch {
    // The cause may quote the key.
  }
  throw new Error(
    "a Snowflake key must be an RSA key, PKCS8 PEM without a passphrase; this one cannot be used",
  );
}

const derOf = (pem: string): Buffer =>
  createPublicKey(privateKey(pem)).export({ type: "spki", format: "der" });

/**
 * The public half of a key pair as `RSA_PUBLIC_KEY` wants it: base64, no PEM lines.
 *
 * @throws when it is no RSA key in PEM; the error never holds any of it
 */
export const rsaPublicKeyOf = (pem: string): string => derOf(pem).toString("base64");

/** As Snowflake names a key in `RSA_PUBLIC_KEY_FP`. */
export const fingerprintOf = (pem: string): string =>
  `SHA256:${createHash("sha256").update(derOf(pem)).digest("base64")}`;

export interface Login {
  /** `ORG-ACCOUNT`, or the locator. */
  account: string;
  user: string;
  /** PKCS8 PEM of an RSA key. */
  privateKey: string;
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/**
 * A token for Snowflake's key-pair authentication, valid for `seconds` (at most an hour). Names go in capitals, and an
 * account without region, or Snowflake answers 390144 whatever the key.
 *
 * @param now seconds since 1970
 */
export function keyPairToken(login: Login, now: number, seconds = 600): string {
  const account = (login.account.split(".")[0] ?? "").toUpperCase();
  const subject = `${account}.${login.user.toUpperCase()}`;
  const at = Math.floor(now);
  const signed = `${encoded({ alg: "RS256", typ: "JWT" })}.${encoded({
    iss: `${subject}.${fingerprintOf(login.privateKey)}`,
    sub: subject,
    iat: at,
    exp: at + seconds,
  })}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), privateKey(login.privateKey)).toString("base64url")}`;
}
