import { generateKeyPairSync, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { formsOf, foundIn, searched } from "../../support/secretValues.ts";
import { sshKeyPair } from "../../support/sshKey.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const token = () => randomBytes(20).toString("hex");
const ellipticKey = (type: "pkcs8" | "sec1") =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type, format: "pem" }).toString();
const names = (name: string, value: string) => searched([{ name, value }]).map((each) => each.name);

test("S1 a kubeconfig's client key is searched for: in PEM, in base64, and in a kubeconfig that is in base64 itself", () => {
  const key = ellipticKey("sec1");
  const kubeconfig = stringify({
    apiVersion: "v1",
    clusters: [{ name: "lab", cluster: { server: "https://127.0.0.1:6443" } }],
    users: [{ name: "lab", user: { "client-key-data": base64(key) } }],
  });
  const all = searched([{ name: "kubeconfig", value: kubeconfig }]);
  expect(all.map(({ name }) => name)).toContain("kubeconfig.users.0.user.client-key-data");
  for (const place of [
    key,
    key.replaceAll("\n", "\\n"),
    key.replaceAll("\n", "\r\n"),
    base64(key),
    kubeconfig,
    base64(kubeconfig),
    base64(`x${kubeconfig}`),
    base64(`xy${kubeconfig}`),
  ])
    expect(foundIn(`before ${place} after`, all)).not.toEqual([]);
  const other = kubeconfig.replace(base64(key), base64(ellipticKey("sec1")));
  expect(foundIn(other, all)).toEqual([]);
  const encoded = searched([{ name: "encoded", value: base64(kubeconfig) }]);
  expect(foundIn(kubeconfig, encoded)).toContain("encoded.users.0.user.client-key-data");
});

test("S1 each kind of private key is searched for, and none by what all keys of its kind have", () => {
  const kinds: Record<string, () => string> = {
    ed25519: () =>
      generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    openssh: () => sshKeyPair().private,
    pkcs8: () => ellipticKey("pkcs8"),
    rsa: () =>
      generateKeyPairSync("rsa", { modulusLength: 2048 })
        .privateKey.export({ type: "pkcs1", format: "pem" })
        .toString(),
    sec1: () => ellipticKey("sec1"),
  };
  for (const [kind, make] of Object.entries(kinds)) {
    const key = make();
    const all = searched([{ name: kind, value: key }]);
    for (const place of [key, base64(key), base64(`{"key": ${JSON.stringify(key)}}`)])
      expect(foundIn(place, all), kind).toEqual([kind]);
    expect(foundIn(make(), all), kind).toEqual([]);
  }
});

test("S1 texts in JSON and YAML, passwords in addresses and what base64 stands for are searched for", () => {
  const [inJson, inYaml, inUrl, inBase64] = [token(), token(), token(), token()];
  const all = searched([
    { name: "json", value: JSON.stringify({ auths: { registry: { auth: inJson } } }) },
    { name: "yaml", value: `users:\n  - token: ${inYaml}\n    name: one\n` },
    { name: "url", value: `postgres://reader:${inUrl}@postgres.data:5432/platform` },
    { name: "encoded", value: base64(JSON.stringify({ token: inBase64 })) },
  ]);
  for (const [text, name] of [
    [inJson, "json.auths.registry.auth"],
    [inYaml, "yaml.users.0.token"],
    [inUrl, "url password"],
    [inBase64, "encoded.token"],
  ] as const)
    expect(foundIn(`x ${text}`, all)).toEqual([name]);
  expect(foundIn("registry postgres.data one platform reader", all)).toEqual([]);
});

test("S1 nothing is searched for that would be found by chance", () => {
  expect(names("short", "a1B2c3D4e5F6g7H")).toEqual([]);
  expect(names("long enough", "a1B2c3D4e5F6g7H8")).toEqual(["long enough"]);
  expect(names("words", "a-name-of-many-words")).toEqual([]);
  expect(names("script", "set -e\nk3s server --write-kubeconfig-mode 600\n")).toEqual([]);
  expect(names("certificate", base64(`-----BEGIN CERTIFICATE-----\n${"MIIB".repeat(16)}\n`))).toEqual([]);
  expect(names("passwordHash", token())).toEqual([]);
  // A form that is empty would be everywhere.
  for (const value of [token(), ellipticKey("pkcs8"), sshKeyPair().private])
    for (const form of formsOf(value)) expect(form.length).toBeGreaterThanOrEqual(16);
});
