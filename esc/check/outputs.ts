import { type AnySecretName, type Secret, secrets } from "../../components/settings/environment/secrets.ts";
import { configKey, liveSecrets, usersOf } from "../../components/settings/environment/uses.ts";
import { variables } from "../../components/settings/environment/variables/index.ts";
import type { Variable } from "../../components/settings/environment/variables/variable.ts";
import { suggestion } from "../../components/settings/faults.ts";
import { settingsSchema } from "../../components/settings/schema.ts";
import { entriesOf, type Report, type Value } from "./report.ts";
import { marker } from "./stubs.ts";

/** A fault of a key of an output; without `key`, of the output itself. */
export interface OutputFault {
  output: Output;
  key?: string;
  message: string;
}

/** The outputs of an environment. */
export const outputs = ["pulumiConfig", "environmentVariables", "files"] as const;
export type Output = (typeof outputs)[number];

const settingKeys = Object.keys(settingsSchema.shape).map(configKey);
const secretOf = new Map(
  (Object.keys(secrets) as AnySecretName[]).map((name) => [configKey(name), name] as const),
);
const known = new Map<string, Variable>(Object.entries(variables));
const forPeople = [...known].flatMap(([name, { setBy }]) => (setBy === "person" ? [name] : []));

/** The fault of a secret's value, if any. Never contains the value. */
function secretFault(name: AnySecretName, value: Value, stage: string): string | undefined {
  const secret: Secret = secrets[name];
  const right = `write \`\${${secret.path}}\``;
  if (entriesOf(value) || Array.isArray(value.value)) return `must be a string; ${right}`;
  if (!value.secret) return `is not secret: it would be shown in previews and state; ${right}`;
  if (value.unknown) return undefined;
  const from = String(value.value);
  if (from === marker(secret, stage)) return undefined;
  const other = /^(sophia\/[a-z-]+)#([a-zA-Z.]+)$/.exec(from);
  if (other) return `comes from ${other[2]} of ${other[1]}; ${right}`;
  return `differs from the stored value; ${right} alone`;
}

function configFault(key: string, value: Value, stage: string): string | undefined {
  const name = secretOf.get(key);
  if (name) {
    if (liveSecrets.has(name)) return secretFault(name, value, stage);
    return `is not read yet (it is for ${usersOf(name).join(", ")}); remove it`;
  }
  if (settingKeys.includes(key)) return undefined;
  return `is not read by the program${suggestion(key, [...secretOf.keys(), ...settingKeys])}`;
}

function variableFault(key: string, value: Value, stage: string): string | undefined {
  const variable = known.get(key);
  if (!variable) return `is not read by the program${suggestion(key, forPeople)}`;
  if (variable.setBy !== "person") return "is set in containers by the program; remove it here";
  if (entriesOf(value) || Array.isArray(value.value) || (typeof value.value !== "string" && !value.unknown)) {
    return "must be a string; put it in quotes";
  }
  return variable.secret && secretFault(variable.secret, value, stage);
}

/**
 * Faults of an environment's outputs: keys that are not read, values that are not strings, secrets that are not secret or
 * come from the wrong path. `own` says which keys this environment defines itself. Pure.
 */
export function outputFaults(
  report: Report,
  stage: string,
  own: (output: Output, key: string) => boolean,
): OutputFault[] {
  return outputs.flatMap((output): OutputFault[] => {
    const value = report.properties?.[output];
    if (value === undefined) return [];
    const entries = entriesOf(value);
    if (!entries) return [{ output, message: `${output} must be a map of keys and values` }];
    const judge = output === "pulumiConfig" ? configFault : variableFault;
    return entries
      .filter(([key]) => own(output, key))
      .flatMap(([key, held]) => {
        const fault = judge(key, held, stage);
        return fault ? [{ output, key, message: `${key} ${fault}` }] : [];
      });
  });
}

/** Configuration that the program reads and that a stage's environment does not set. Pure. */
export function missingKeys(report: Report): { name: AnySecretName; secret: Secret }[] {
  const given = new Set((entriesOf(report.properties?.pulumiConfig) ?? []).map(([key]) => key));
  return [...liveSecrets]
    .filter(([name]) => !given.has(configKey(name)))
    .map(([name, secret]) => ({ name, secret }));
}
