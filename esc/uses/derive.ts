import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import type { AnySecretName } from "../../components/settings/environment/secrets.ts";
import { configKey, liveSecrets } from "../../components/settings/environment/uses.ts";
import { readCheckout } from "../check/material.ts";
import { type Registered, runProgram } from "./world.ts";

/** Resources that a secret reaches, by stack and secret. */
export type Uses = Record<string, Record<string, string[]>>;

/** A secret of the right form, another at each call, good for nothing. */
function made(name: AnySecretName, turn: number): string {
  const format = liveSecrets.get(name)?.format;
  const pem = { type: "pkcs8", format: "pem" } as const;
  // Snowflake takes RSA keys only.
  const { privateKey } = name.startsWith("snowflake")
    ? generateKeyPairSync("rsa", { modulusLength: 2048 })
    : generateKeyPairSync("ed25519");
  const key = privateKey.export(pem).toString();
  const forms = [`placeholder-${name}-${turn}`, key, `-----BEGIN CERTIFICATE-----\n${name} ${turn}`];
  const fitting = forms.find((form) => format?.safeParse(form).success);
  if (fitting === undefined)
    throw new Error(`nothing here looks like the secret ${name}; add a form to ${import.meta.filename}`);
  return fitting;
}

const manifest = `apiVersion: v1
kind: ServiceAccount
metadata: { name: manager, namespace: cnpg-system }
`;

/**
 * Finds out what a new value of each secret changes: the program runs once as it is, and once more with each secret
 * another. What then asks the engine for something else is what is updated after a rotation.
 */
export async function deriveUses(repository: string): Promise<Uses> {
  const uses: Uses = {};
  await withStacks(repository, async (stack, run) => {
    uses[stack] = await usesOf(run);
  });
  return uses;
}

/** What each stack's program asks the engine for when every secret is put in. */
export async function registeredBy(repository: string): Promise<Record<string, Registered>> {
  const registered: Record<string, Registered> = {};
  await withStacks(repository, async (stack, run) => {
    registered[stack] = await run({});
  });
  return registered;
}

/** Runs a stack's program, with some of its configuration changed. */
type Run = (changed: Record<string, string>) => Promise<Registered>;

async function withStacks(
  repository: string,
  work: (stack: string, run: Run) => Promise<void>,
): Promise<void> {
  const { stacks } = await readCheckout(repository);
  const folder = await mkdtemp(join(tmpdir(), "uses-"));
  try {
    const manifestFile = join(folder, "operator.yaml");
    await writeFile(manifestFile, manifest);
    for (const [stack, text] of Object.entries(stacks)) await work(stack, runOf(stack, text, manifestFile));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const names = [...liveSecrets.keys()];

function runOf(stack: string, text: string, operatorManifest: string): Run {
  const file = (parse(text) as { config: Record<string, unknown> }).config;
  const postgres = { ...(file["sophia-infra:postgres"] as object | undefined), operatorManifest };
  const settings = Object.entries({ ...file, "sophia-infra:postgres": postgres }).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const secrets = Object.fromEntries(names.map((name) => [configKey(name), made(name, 1)]));
  return (changed) =>
    runProgram(stack, { ...Object.fromEntries(settings), ...secrets, ...changed }, names.map(configKey));
}

async function usesOf(run: Run): Promise<Record<string, string[]>> {
  const before = await run({});
  const found: Record<string, string[]> = {};
  for (const name of names) {
    const after = await run({ [configKey(name)]: made(name, 2) });
    found[name] = [...after]
      .flatMap(([resource, digest]) => (before.get(resource) === digest ? [] : [resource]))
      .sort();
  }
  return found;
}
