import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import type { AnySecretName } from "../../components/settings/environment/secrets.ts";
import { configKey, liveSecrets } from "../../components/settings/environment/uses.ts";
import { readCheckout } from "../check/material.ts";
import { type Registered, runProgram } from "./run.ts";

/** Resources that a secret reaches, by stack and secret. */
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

const manifest = `apiVersion: v1
kind: ServiceAccount
metadata: { name: manager, namespace: cnpg-system }
`;
const names = [...liveSecrets.keys()];
const keys = names.map(configKey);

/**
 * Finds out what a new value of each secret changes: the program runs once, and once more for each secret with another
 * value of it. A resource whose inputs differ is updated after a rotation.
 */
export const deriveUses = (repository: string): Promise<Uses> =>
  forEachStack(repository, async (stack, config) => {
    const changes = names.map((name) => ({ ...config, [configKey(name)]: made(name, 2) }));
    const [before, ...after] = await runProgram({ stack, configurations: [config, ...changes] }, keys);
    return Object.fromEntries(
      names.map((name, index) => [
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
