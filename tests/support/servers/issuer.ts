import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { certificateIn } from "./certificate.ts";

/** Claims of a token, as far as tests change them. */
type Claims = Partial<{
  iss: string;
  aud: string;
  sub: string;
  exp: number;
  nbf: number;
  name: string;
}>;

export interface Issuer {
  url: string;
  /** PEM file of the authority to trust. */
  certificate: string;
  /** A token as the issuer gives it, but for these claims; `null` as the key: nobody signed it. */
  token(claims?: Claims, key?: KeyObject | null): string;
  close(): Promise<void>;
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A key as an issuer has one. */
export const newKey = () => generateKeyPairSync("rsa", { modulusLength: 2048 });

/** An OpenID provider, as small as the standard allows: discovery, keys, and tokens signed with RS256. */
export async function startIssuer(folder: string, audience: string, address = "127.0.0.1"): Promise<Issuer> {
  const { key, certificate } = certificateIn(folder, address);
  const { privateKey, publicKey } = newKey();
  let url = "";
  const server = createServer(
    { key: readFileSync(key), cert: readFileSync(certificate) },
    (asked, answer) => {
      const documents: Record<string, object> = {
        "/.well-known/openid-configuration": {
          issuer: url,
          jwks_uri: `${url}/keys`,
          authorization_endpoint: `${url}/authorize`,
          token_endpoint: `${url}/token`,
          response_types_supported: ["code"],
          subject_types_supported: ["public"],
          id_token_signing_alg_values_supported: ["RS256"],
        },
        "/keys": { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "one", alg: "RS256", use: "sig" }] },
      };
      const document = documents[asked.url ?? ""];
      answer.writeHead(document ? 200 : 404, { "content-type": "application/json" });
      answer.end(JSON.stringify(document ?? {}));
    },
  ).listen(0, address);
  await once(server, "listening");
  url = `https://${address}:${(server.address() as AddressInfo).port}`;
  return {
    url,
    certificate,
    token: (claims = {}, signer: KeyObject | null = privateKey) => {
      const now = Math.floor(Date.now() / 1000);
      const body = {
        iss: url,
        aud: audience,
        sub: "ann",
        name: "Ann Client",
        iat: now,
        exp: now + 300,
        ...claims,
      };
      const text = `${encoded({ alg: signer ? "RS256" : "none", kid: "one", typ: "JWT" })}.${encoded(body)}`;
      return `${text}.${signer ? createSign("RSA-SHA256").update(text).sign(signer).toString("base64url") : ""}`;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
