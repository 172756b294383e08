import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { containerEnvironment, secretsFolder } from "../../components/settings/environment/uses.ts";
import { variablesFor } from "../../components/settings/environment/variables/index.ts";
import { type CatalogEntry, type DeployedEntry, isDeployed } from "../catalog/index.ts";

type EnvVar = types.input.core.v1.EnvVar;

/** Values that the platform provides, by environment variable. Each server gets those that it reads. */
export interface Provided {
  values: Readonly<Record<string, pulumi.Input<string>>>;
  /** Secret values; a variable whose name ends with `_FILE` gets the path of a file with the value. */
  secrets: Readonly<Record<string, pulumi.Input<string>>>;
}

export interface ServerEnvironment {
  plain: EnvVar[];
  /** Values of the server's own Secret, by variable. */
  secrets: Record<string, pulumi.Input<string>>;
}

const credentialOf = (entry: CatalogEntry) =>
  "credential" in entry && entry.credential ? entry.credential.variable : undefined;

/**
 * The environment of one server. Secrets are mounted as files where the variable's name ends with `_FILE`, otherwise they
 * are variables from the server's own Secret. The token that the gateway adds to requests is not included. Pure.
 * @throws when the server reads a variable that nothing provides
 */
export function environmentOf(
  entry: DeployedEntry,
  own: Readonly<Record<string, string>>,
  provided: Provided,
  secretName: string,
): ServerEnvironment {
  const consumers = [...(entry.source.registry === "own" ? ["mcp-kit"] : []), `mcp/${entry.name}`];
  const read = new Set(consumers.flatMap((consumer) => variablesFor(consumer).map(([name]) => name)));
  const withheld = credentialOf(entry);
  const values: Record<string, pulumi.Input<string>> = { ...provided.values, ...own };
  const secrets = Object.fromEntries(
    Object.entries(provided.secrets).filter(([name]) => read.has(name) && name !== withheld),
  );
  // By name only: the values may be unknown until the update.
  const named = Object.fromEntries([...Object.keys(values), ...read].map((name) => [name, name]));
  const available = Object.fromEntries(
    Object.entries(named).filter(([name]) => name in values || name in secrets || name === withheld),
  );
  const plain = containerEnvironment(consumers, available).flatMap(({ name }): EnvVar[] => {
    if (name === withheld) return [];
    if (!(name in secrets)) return [{ name, value: values[name] ?? "" }];
    if (name.endsWith("_FILE")) return [{ name, value: `${secretsFolder}/${name}` }];
    return [{ name, valueFrom: { secretKeyRef: { name: secretName, key: name } } }];
  });
  const fixed = Object.entries(entry.environment).map(([name, value]) => ({ name, value }));
  return { plain: [...plain, ...fixed], secrets };
}

/** The token that the gateway adds to requests to a server, by variable. */
export function credentialFor(
  entry: CatalogEntry,
  provided: Provided,
): { header: string; variable: string; value: pulumi.Input<string> } | undefined {
  if (isDeployed(entry) && entry.kind === "stdio") return undefined;
  if (!("credential" in entry) || !entry.credential) return undefined;
  const value = provided.secrets[entry.credential.variable];
  if (value === undefined) {
    throw new Error(`${entry.name} needs ${entry.credential.variable}, which was not given`);
  }
  return { ...entry.credential, value };
}
