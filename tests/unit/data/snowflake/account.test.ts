import { createPublicKey, verify } from "node:crypto";
import { expect, test } from "vitest";
import { pipelineSettings } from "../../../../components/settings/sections/pipeline.ts";
import { fingerprintOf, keyPairToken, rsaPublicKeyOf } from "../../../../data/quality/warehouse/keyPair.ts";
import { addressOf, endpointOf } from "../../../../data/snowflake/account.ts";
import { snowflakeSection } from "../../../support/pipeline/settings.ts";
import { rsaKey } from "../../../support/servers/databases/snowflake.ts";

test("P2 an account is addressed by organization and name, by name, or at an endpoint", () => {
  expect(addressOf({ account: "ZNB04675", organization: "Acme" })).toEqual({
    identifier: "ACME-ZNB04675",
    organization: "Acme",
    name: "ZNB04675",
    host: "acme-znb04675.snowflakecomputing.com",
    url: "https://acme-znb04675.snowflakecomputing.com",
  });
  expect(addressOf({ account: "acme-ZNB04675" }).organization).toBe("acme");
  expect(addressOf({ account: "ZNB04675" }).host).toBe("znb04675.snowflakecomputing.com");
  const lab = addressOf({ account: "ZNB04675", endpoint: "http://127.20.1.1:8443/" });
  expect(lab).toMatchObject({ host: "znb04675.snowflakecomputing.com", url: "http://127.20.1.1:8443" });
  expect(endpointOf("http://127.20.1.1:8443")).toEqual({ host: "127.20.1.1", port: 8443, protocol: "http" });
  expect(endpointOf(undefined)).toEqual({});
});

test.each(["scoobyjava-vw02766", "SCOOBYJAVA_VW02766", "UHDECNO-CVB64222"])(
  "P2 the stale account %s is refused, and the message says what replaced it",
  (account) => {
    const result = pipelineSettings.safeParse({ snowflake: { ...snowflakeSection, account } });
    expect(result.error?.issues.map(({ path, message }) => `${path.join(".")} ${message}`)).toEqual([
      "snowflake.account is retired: ZNB04675 replaced it",
    ]);
  },
);

test.each(["account", "user", "role"])("P2 the setting %s has no default", (name) => {
  const { [name]: _, ...rest } = snowflakeSection as Record<string, string>;
  expect(pipelineSettings.safeParse({ snowflake: rest }).error?.issues[0]?.path).toEqual(["snowflake", name]);
});

test.each(["OTHER01", "ZNB04675X", "acme-OTHER01"])("P2 another account, %s, is refused", (account) => {
  const result = pipelineSettings.safeParse({ snowflake: { ...snowflakeSection, account } });
  expect(result.error?.issues[0]?.message).toBe("is not the platform's account, ZNB04675");
});

test("a token is signed by the key that its fingerprint names, for an hour at most", () => {
  const privateKey = rsaKey();
  const token = keyPairToken({ account: "acme-znb04675.eu", user: "jane", privateKey }, 1000.7);
  const [header = "", body = "", signature = ""] = token.split(".");
  expect(JSON.parse(Buffer.from(body, "base64url").toString())).toEqual({
    iss: `ACME-ZNB04675.JANE.${fingerprintOf(privateKey)}`,
    sub: "ACME-ZNB04675.JANE",
    iat: 1000,
    exp: 1600,
  });
  const key = createPublicKey({
    key: Buffer.from(rsaPublicKeyOf(privateKey), "base64"),
    format: "der",
    type: "spki",
  });
  const signed = Buffer.from(`${header}.${body}`);
  expect(verify("sha256", signed, key, Buffer.from(signature, "base64url"))).toBe(true);
});

test("S1 a key that cannot be used is refused without a word of it", () => {
  const broken = rsaKey().replace(/\n.{20}/, "\n");
  expect(() => rsaPublicKeyOf(broken)).toThrow("must be an RSA key, PKCS8 PEM without a passphrase");
  expect(() => rsaPublicKeyOf(broken)).not.toThrow(broken.slice(40, 60));
});
