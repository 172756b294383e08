import { generateKeyPairSync, type KeyObject } from "node:crypto";
import ssh2 from "ssh2";
import { expect, test } from "vitest";
import { publicKeyOf } from "../../../components/core/publicKey.ts";
import { sshKeyPair } from "../../support/sshKey.ts";

const publicOf = (key: string) => publicKeyOf(key, "estuaryTunnelKey");

test.each([
  ["ed25519", {}],
  ["rsa", { bits: 2048 }],
  ["ecdsa", { bits: 256 }],
  ["ed25519", { passphrase: "a passphrase", cipher: "aes256-ctr" }],
] as const)("the public half of an OpenSSH key: %s %o", (type, options) => {
  const pair = sshKeyPair(type, options);
  expect(publicOf(pair.private)).toBe(pair.public.trim());
});

const pkcs8 = (key: KeyObject) => key.export({ type: "pkcs8", format: "pem" }).toString();
const blob = (publicKey: string) => Buffer.from(publicKey.split(" ")[1] ?? "", "base64");

test("the public half of PEM keys is what other tools make of them", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const pkcs1 = rsa.export({ type: "pkcs1", format: "pem" }).toString();
  const parsed = ssh2.utils.parseKey(pkcs1);
  if (parsed instanceof Error) throw parsed;
  const expected = `ssh-rsa ${parsed.getPublicSSH().toString("base64")}`;
  expect([pkcs1, pkcs8(rsa)].map(publicOf)).toEqual([expected, expected]);

  const ed25519 = generateKeyPairSync("ed25519");
  const raw = ed25519.publicKey.export({ type: "spki", format: "der" }).subarray(-32);
  expect(blob(publicOf(pkcs8(ed25519.privateKey))).subarray(-32)).toEqual(raw);
  expect(publicOf(pkcs8(ed25519.privateKey))).toMatch(/^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5/);
});

test("a PEM key of another type is refused by name", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  expect(() => publicOf(pkcs8(privateKey))).toThrow(/type P-256 is not supported/);
});

test("what is no key is refused by the name of its secret, without showing it", () => {
  for (const body of ["c2VjcmV0", Buffer.from("openssh-key-v1\0\0\0\0\x10ab").toString("base64")]) {
    for (const kind of ["OPENSSH PRIVATE KEY", "PRIVATE KEY"]) {
      const refuse = () => publicOf(`-----BEGIN ${kind}-----\n${body}\n-----END ${kind}-----\n`);
      expect(refuse).toThrow(/the secret sophia-infra:estuaryTunnelKey cannot be used: .*Set it to/);
      expect(refuse).not.toThrow(body);
    }
  }
});
