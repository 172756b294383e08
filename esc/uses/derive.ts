import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { generated } from "../../components/settings/environment/generated.ts";
import type { AnySecretName } from "../../components/settings/environment/secrets.ts";
import { configKey, liveSecrets } from "../../components/settings/environment/uses.ts";
import { settingsSchema } from "../../components/settings/schema.ts";
import { readCheckout } from "../check/material.ts";
import { type Registered, runProgram } from "./run.ts";

/** Resources that a secret reaches, by stack and secret; for a generated one, by the setting that makes it anew. */
export type Uses = Record<string, Record<string, string[]>>;

/** A made-up secret of the right format; another one for each turn. */
function made(name: AnySecretName, turn: number): string {
  const format = liveSecrets.get(name)?.format;
  const pem = { type: "pkcs8", format: "pem" } as const;
  // Snowflake takes RSA keys only.
  const { privateKey } = name.startsWith("snowflake")
    ? generateKeyPairSync("rsa", { modulusLength: 2048 })
    : generateKeyPairSync("ed25519");
  const key = privateKey.export(pem).toString();
  const forms = [
    `placeholder-${name}-${turn}`,
    key,
    `-----BEGIN CERTIFICATE-----\n${name} ${turn}`,
    `https://placeholder.invalid/${name}-${turn}`,
  ];
  const fitting = forms.find((form) => format?.safeParse(form).success);
  if (fitting === undefined)
    throw new Error(
      `no made-up value has the format of the secret ${name}; add one to ${import.meta.filename}`,
    );
  return fitting;
}

/** The least that the program takes for PostgreSQL's operator. */
const manifest = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: clusters.postgresql.cnpg.io }
spec: {}
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: manager, namespace: cnpg-system }
spec: { template: { spec: { containers: [], volumes: [{ secret: { secretName: webhook } }] } } }
---
apiVersion: v1
kind: Service
metadata: { name: webhook, namespace: cnpg-system }
`;
const names = [...liveSecrets.keys()];
const keys = names.map(configKey);

/** The next generation of a secret, or of each in a record of them. */
function next(current: unknown): unknown {
  if (typeof current === "object" && current !== null)
    return Object.fromEntries(Object.entries(current).map(([name, each]) => [name, next(each)]));
  return (typeof current === "number" ? current : 1) + 1;
}

/** The configuration with the next generation of what a setting like `redis.passwordGeneration` makes. */
function regenerated(config: Record<string, string>, setting: string): Record<string, string> {
  const [section = "", key = ""] = setting.split(".");
  const name = `sophia-infra:${section}`;
  const given = JSON.parse(config[name] ?? "{}") as Record<string, unknown>;
  const schema = settingsSchema.shape[section as keyof typeof settingsSchema.shape];
  const complete = schema.parse(given) as Record<string, unknown>;
  return { ...config, [name]: JSON.stringify({ ...given, [key]: next(complete[key]) }) };
}

/**
 * Finds out what a new value of each secret changes: the program runs once, and once more for each secret with another
 * value of it, or another generation. A resource whose inputs differ is updated after a rotation.
 */
export const deriveUses = (repository: string): Promise<Uses> =>
  forEachStack(repository, async (stack, config) => {
    const changes: [string, Record<string, string>][] = [
      ...names.map((name): [string, Record<string, string>] => [
        name,
        { ...config, [configKey(name)]: made(name, 2) },
      ]),
      ...generated.map(({ setting }): [string, Record<string, string>] => [
        setting,
        regenerated(config, setting),
      ]),
    ];
    const configurations = [config, ...changes.map(([, changed]) => changed)];
    const [before, ...after] = await runProgram({ stack, configurations }, keys);
    return Object.fromEntries(
      changes.map(([name], index) => [
        name,
        [...(after[index] ?? [])]
          .flatMap(([resource, digest]) => (before?.get(resource) === digest ? [] : [resource]))
          .sort(),
      ]),
    );
  });

/** The resources that each stack's program registers when every secret is set. */
export const registeredBy = (repository: string): Promise<Record<string, Registered>> =>
  forEachStack(repository, async (stack, config) => {
    const [registered = new Map()] = await runProgram({ stack, configurations: [config] }, keys);
    return registered;
  });

/** Does the work for every stack file at once, with the stack's configuration and made-up secrets. */
async function forEachStack<Result>(
  repository: string,
  work: (stack: string, config: Record<string, string>) => Promise<Result>,
): Promise<Record<string, Result>> {
  const { stacks } = await readCheckout(repository);
  const folder = await mkdtemp(join(tmpdir(), "uses-"));
  try {
    const manifestFile = join(folder, "operator.yaml");
    await writeFile(manifestFile, manifest);
    const entries = Object.entries(stacks).map(
      async ([stack, text]): Promise<[string, Result]> => [
        stack,
        await work(stack, configOf(text, manifestFile)),
      ],
    );
    return Object.fromEntries(await Promise.all(entries));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A stack file's configuration as the program gets it, by key, with a made-up value of each secret. */
function configOf(text: string, operatorManifest: string): Record<string, string> {
  const file = (parse(text) as { config: Record<string, unknown> }).config;
  const postgres = { ...(file["sophia-infra:postgres"] as object | undefined), operatorManifest };
  const settings = Object.entries({ ...file, "sophia-infra:postgres": postgres }).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const secrets = names.map((name) => [configKey(name), made(name, 1)]);
  return Object.fromEntries([...settings, ...secrets]);
}
