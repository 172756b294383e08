import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { SettingsError, suggestion } from "../../../components/settings/faults.ts";
import { parseConfig, type RawConfig } from "../../../components/settings/parse.ts";
import { repository } from "../../../tools/repository.ts";
import { placeholders } from "./placeholders.ts";

const fixtures = new URL("../../fixtures/", import.meta.url).pathname;

const secrets = await placeholders(["dev.sophia.example", "sophia.example"]);

/** A stack file as Pulumi hands it to the program: JSON text by key; secrets beside it. */
function rawConfig(file: string, more: Record<string, string> = secrets): RawConfig {
  const { config } = parse(readFileSync(file, "utf8")) as { config: Record<string, unknown> };
  const own = Object.entries(config).map(([key, value]) => [
    key.replace("sophia-infra:", ""),
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return { values: { ...Object.fromEntries(own), ...more }, secretKeys: new Set(Object.keys(more)) };
}

const faultsOf = (raw: RawConfig) => {
  const result = parseConfig(raw);
  return result.ok ? [] : result.faults.map((fault) => `${fault.path}: ${fault.message}`);
};

test.each(["dev", "prod"])(
  "S1 the committed stack file of %s is valid with the secrets ESC brings",
  (stack) => {
    expect(faultsOf(rawConfig(join(repository, `Pulumi.${stack}.yaml`)))).toEqual([]);
  },
);

test("L2 prod is three hosts, dev one that does all", () => {
  const hosts = (stack: string) => {
    const result = parseConfig(rawConfig(join(repository, `Pulumi.${stack}.yaml`)));
    if (!result.ok) throw new SettingsError(stack, result.faults);
    return result.settings.hosts.map((host) => [host.name, ...host.roles].join(" "));
  };
  expect(hosts("prod")).toEqual(["frontend agent ingress", "backend server data", "mcp agent mcp"]);
  expect(hosts("dev")).toEqual(["all server ingress data mcp"]);
});

test("D4 the section backup needs its three secrets, and they need no section", () => {
  const file = join(fixtures, "settings-valid/backups.yaml");
  const { backupPassword: _, ...rest } = secrets;
  const way =
    "missing; the section backup stores with it: put it into the stack's ESC environment, or remove the section";
  expect(faultsOf(rawConfig(file, { ...rest, backupAccessKeyId: "" }))).toEqual([
    `backupAccessKeyId: ${way}`,
    `backupPassword: ${way}`,
  ]);
  expect(faultsOf(rawConfig(join(fixtures, "settings-valid/everything-on-one-host.yaml")))).toEqual([]);
});

test("P2 an update that would leave out a warehouse that is kept is refused by name; without one to keep it is not", () => {
  const { snowflakePrivateKey: _, ...rest } = secrets;
  const file = (stack: string) => join(repository, `Pulumi.${stack}.yaml`);
  const way =
    "would drop the warehouse; set pipeline.snowflake.keep to false if there is none, or none is wanted";
  expect(faultsOf(rawConfig(file("prod"), rest))).toEqual([`snowflakePrivateKey: missing, which ${way}`]);
  // What ESC gives for one that was emptied.
  expect(faultsOf(rawConfig(file("prod"), { ...rest, snowflakePrivateKey: "" }))).toHaveLength(1);
  expect(faultsOf(rawConfig(file("dev"), rest))).toEqual([]);
  const raw = rawConfig(file("prod"));
  const pipeline = JSON.stringify({ ...JSON.parse(raw.values.pipeline ?? ""), enabled: false });
  expect(faultsOf({ ...raw, values: { ...raw.values, pipeline } })).toEqual([
    `pipeline.enabled: false ${way}`,
  ]);
});

test("P2 an update that could not address the account is refused with the settings; a preview is not", () => {
  const raw = (stack: string, more: object = {}, given = secrets): RawConfig => {
    const read = rawConfig(join(repository, `Pulumi.${stack}.yaml`), given);
    const pipeline = JSON.parse(read.values.pipeline ?? "") as Record<string, object>;
    const merged = { ...pipeline, snowflake: { ...pipeline.snowflake, ...more } };
    return { ...read, values: { ...read.values, pipeline: JSON.stringify(merged) } };
  };
  const faults = (given: RawConfig) => {
    const result = parseConfig(given, { isUpdate: true });
    return result.ok ? [] : result.faults.map(({ path }) => path);
  };
  for (const stack of ["dev", "prod"]) {
    expect(faults(raw(stack))).toEqual(["pipeline.snowflake.organization"]);
    expect(faultsOf(raw(stack))).toEqual([]);
    for (const enough of [
      { organization: "ACME" },
      { account: "acme-ZNB04675" },
      { endpoint: "http://127.0.0.1:1" },
    ])
      expect(faults(raw(stack, enough))).toEqual([]);
    expect(faults(raw(stack, { organization: "" }))).toEqual(["pipeline.snowflake.organization"]);
  }
  // Without its keys, dev has no warehouse.
  const { snowflakeLoaderPrivateKey: _, ...rest } = secrets;
  expect(faults(raw("dev", {}, rest))).toEqual([]);
});

/** One file a fault; its first line says what must be said about it. */
test.each(readdirSync(join(fixtures, "settings-invalid")))("refuses settings-invalid/%s", (name) => {
  const file = join(fixtures, "settings-invalid", name);
  const expected = readFileSync(file, "utf8").split("\n")[0]?.replace(/^# /, "");
  expect(faultsOf(rawConfig(file))).toEqual([expected]);
});

test.each(readdirSync(join(fixtures, "settings-valid")))("accepts settings-valid/%s", (name) => {
  expect(faultsOf(rawConfig(join(fixtures, "settings-valid", name)))).toEqual([]);
});

test("all faults come at once, with their paths", () => {
  const error = new SettingsError("dev", [
    { path: "hosts[0].name", message: "a" },
    { path: "redis.memory", message: "b" },
  ]);
  expect(error.message).toBe(
    "2 settings of stack dev cannot be used (nothing was created):\n  hosts[0].name: a\n  redis.memory: b",
  );
  const faults = faultsOf({ values: { redis: '{"memory":"lots"}', nginx: "{}" }, secretKeys: new Set() });
  expect(faults.map((fault) => fault.split(":")[0])).toEqual([
    "budget",
    "hosts",
    "k3s",
    "lambda",
    "lambdaApiKey",
    "nginx.hostnames",
    "pipeline",
    "redis.memory",
    "sshPrivateKey",
    "tlsCertificate",
    "tlsKey",
  ]);
});

test("S1 C1 secrets that came after a commit, set or not, do not keep a stack from going back to it", () => {
  const raw = rawConfig(join(repository, "Pulumi.prod.yaml"));
  const later = { laterKey: "a value", laterOptionalKey: "" };
  const secretKeys = new Set([...raw.secretKeys, "laterKey"]);
  const result = parseConfig({ values: { ...raw.values, ...later }, secretKeys });
  expect(result).toMatchObject({ ok: true, unread: ["laterKey", "laterOptionalKey"] });
  const plain = parseConfig({ values: { ...raw.values, ...later }, secretKeys: raw.secretKeys });
  expect(plain).toMatchObject({ ok: false, faults: [{ path: "laterKey", message: "unknown setting" }] });
});

test("S1 a secret in the clear is refused, and its value is not repeated", () => {
  const planted = ["secret", "x", `${"ab".repeat(16)}.${"cd".repeat(16)}`].join("_");
  const raw = rawConfig(join(repository, "Pulumi.dev.yaml"), { ...secrets, lambdaApiKey: planted });
  const faults = faultsOf({
    ...raw,
    secretKeys: new Set(Object.keys(secrets).filter((name) => name !== "lambdaApiKey")),
  });
  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain("lambdaApiKey: is in the clear");
  expect(faults.join()).not.toContain(planted);
});

test("a malformed secret is refused without repeating it", () => {
  const raw = rawConfig(join(repository, "Pulumi.dev.yaml"), { ...secrets, tlsKey: "hunter2hunter2" });
  expect(faultsOf(raw)).toEqual(["tlsKey: must be a PEM private key"]);
});

test("suggests the nearest known word, and none when nothing is near", () => {
  expect(suggestion("memroy", ["memory", "storage"])).toBe("; did you mean memory?");
  expect(suggestion("zebra", ["memory", "storage"])).toBe("");
});
