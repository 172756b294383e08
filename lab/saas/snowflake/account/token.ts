import { createHash, createPublicKey, verify } from "node:crypto";
import { SnowflakeFault } from "../fault.ts";
import { type Account, keyOf } from "./account.ts";

/** How Snowflake names a public key: the digest of its DER form. */
const fingerprint = (der: Buffer) => `SHA256:${createHash("sha256").update(der).digest("base64")}`;

const invalid = (why: string) => new SnowflakeFault("390144", `JWT token is invalid. [${why}]`, "08001");

interface Claims {
  iss?: string;
  sub?: string;
  iat?: number;
  exp?: number;
}

function claimsOf(token: string): { claims: Claims; signed: string; signature: Buffer } {
  const [header = "", body = "", signature = ""] = token.split(".");
  try {
    const { alg } = JSON.parse(Buffer.from(header, "base64url").toString()) as { alg?: string };
    if (alg !== "RS256") throw new Error("not RS256");
    const claims = JSON.parse(Buffer.from(body, "base64url").toString()) as Claims;
    return { claims, signed: `${header}.${body}`, signature: Buffer.from(signature, "base64url") };
  } catch {
    throw invalid("it cannot be read");
  }
}

/** An hour, and a minute for clocks that differ. */
const longest = 3600 + 60;

/**
 * Whose key-pair token it is, checked as Snowflake does: account, user, key, signature, times.
 *
 * @param accounts the names that the account goes by, in capitals
 * @param now seconds since 1970
 * @throws SnowflakeFault 390144, with the reason that Snowflake only writes to its own log
 */
export function userOfToken(
  account: Account,
  accounts: readonly string[],
  token: string,
  now: number,
): string {
  const { claims, signed, signature } = claimsOf(token);
  const { iss = "", sub = "", iat = 0, exp = 0 } = claims;
  const [name = "", user = "", print = ""] = iss.split(".");
  if (!accounts.includes(name)) throw invalid(`the account ${name} is not this one; it wants capitals`);
  if (sub !== `${name}.${user}`) throw invalid("subject and issuer differ");
  if (exp <= now || iat > now + 60 || exp - iat > longest) throw invalid("it is not valid at this time");
  const properties = account.objects.USER[keyOf([user])]?.properties;
  if (!properties || properties.DISABLED === true || properties.DISABLED === "TRUE")
    throw invalid(`no such user ${user}, or it is disabled`);
  const ders = [properties.RSA_PUBLIC_KEY, properties.RSA_PUBLIC_KEY_2].flatMap((key) =>
    typeof key === "string" && key !== "" ? [Buffer.from(key.replace(/\s/g, ""), "base64")] : [],
  );
  const der = ders.find((each) => fingerprint(each) === print);
  if (!der) throw invalid(`the key is none of ${user}'s`);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  if (!verify("sha256", Buffer.from(signed), key, signature)) throw invalid("its signature is wrong");
  return user;
}
