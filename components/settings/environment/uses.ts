import { anyBuilt, type ConsumerName } from "./consumers.ts";
import { type AnySecretName, type Secret, secrets } from "./secrets.ts";
import { type VariableName, variables, variablesFor } from "./variables/index.ts";
import type { Variable } from "./variables/variable.ts";

const allSecrets = Object.entries(secrets) as [AnySecretName, Secret][];
const allVariables = Object.values(variables) as Variable[];

/** Everybody who is given a secret, whether built or not; a person's own tests are not given it. */
export function usersOf(name: AnySecretName): ConsumerName[] {
  const services = allVariables.filter(({ secret, setBy }) => secret === name && setBy !== "person");
  return [...new Set([...secrets[name].usedBy, ...services.flatMap(({ usedBy }) => usedBy)])];
}

/** Secrets that the platform, as far as it is built, reads. All others may not be given to it. */
export const liveSecrets: ReadonlyMap<AnySecretName, Secret> = new Map(
  allSecrets.filter(([name]) => anyBuilt(usersOf(name))),
);

/** The configuration key of a secret, as the stack's environment has it. */
export const configKey = (name: string) => `sophia-infra:${name}`;

/** The environment that holds a secret's value; it is not in git. */
export const valuesOf = (secret: Pick<Secret, "scope">, stage: string) =>
  `sophia/${secret.scope === "company" ? "base" : stage}-secrets`;

/** Where a container finds its secrets, each in a file that is named as the variable. */
export const secretsFolder = "/etc/sophia-secrets";

/**
 * A container's environment for those who run in it: of `values` what they read, and the paths of mounted secrets.
 * @throws when they need a variable that is not given
 */
export function containerEnvironment<Value = string>(
  consumers: readonly string[],
  values: Partial<Record<VariableName, Value>>,
): { name: string; value: Value | string }[] {
  const read = new Map(consumers.flatMap((consumer) => variablesFor(consumer)));
  const given: Partial<Record<string, Value>> = values;
  return [...read].flatMap<{ name: string; value: Value | string }>(([name, { setBy, secret, schema }]) => {
    const value = given[name];
    if (value !== undefined) return [{ name, value }];
    if (secret && name.endsWith("_FILE") && setBy === "program")
      return [{ name, value: `${secretsFolder}/${name}` }];
    const expected = setBy === "program" || setBy === "stack";
    if (!expected || schema.safeParse(undefined).success) return [];
    throw new Error(`${consumers.join(", ")} reads ${name}, and nothing gives a value for it`);
  });
}
