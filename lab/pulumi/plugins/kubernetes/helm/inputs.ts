import { homedir } from "node:os";
import type { Plain, PlainObject, Properties, Value } from "../../kit/values.ts";
import { hasUnknown, isObject, reveal, Secret, Unknown, unknown } from "../../kit/values.ts";
import type { JsonObject } from "../../kit/wire/json.ts";
import { suffix } from "../object/naming.ts";

const flags = [
  "allowNullValues",
  "atomic",
  "cleanupOnFail",
  "createNamespace",
  "dependencyUpdate",
  "devel",
  "disableCRDHooks",
  "disableOpenapiValidation",
  "disableWebhooks",
  "forceUpdate",
  "lint",
  "recreatePods",
  "renderSubchartNotes",
  "replace",
  "resetValues",
  "reuseValues",
  "skipAwait",
  "skipCrds",
  "takeOwnership",
  "verify",
  "waitForJobs",
] as const;
const texts = ["chart", "description", "keyring", "name", "namespace", "postrender", "version"] as const;
const repositoryTexts = ["repo", "caFile", "certFile", "keyFile", "password", "username"] as const;

type Flags = Record<(typeof flags)[number], boolean>;
type Texts = Record<(typeof texts)[number], string>;

/** All inputs of a Helm release, with the defaults of those that are not given. */
export interface ReleaseInputs extends Flags, Texts {
  timeout: number;
  maxHistory?: number;
  repositoryOpts?: Record<(typeof repositoryTexts)[number], string>;
  values: JsonObject;
}

/** Inputs that are taken and mean nothing, or are worked into others. */
const ignored = new Set(["compat", "resourceNames", "manifest", "checksum", "status", "__inputs"]);
/** Inputs that are known and not supported here. */
const unsupported = ["lint", "verify", "keyring", "postrender", "recreatePods", "devel", "valueYamlFiles"];

/** Deep merge of maps, the later one winning. */
export function mergeMaps(first: PlainObject, second: PlainObject): PlainObject {
  const result = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const present = result[key];
    result[key] =
      isObject(value) && present !== undefined && isObject(present)
        ? mergeMaps(present as PlainObject, value as PlainObject)
        : value;
  }
  return result;
}

/** The value with null in place of what is unknown. */
const known = (value: Plain): Plain => JSON.parse(JSON.stringify(value));

function typed<T>(
  properties: PlainObject,
  key: string,
  type: "boolean" | "string" | "number",
  fallback: T,
): T {
  const value = properties[key];
  if (value === undefined || value === null) return fallback;
  if (typeof value !== type)
    throw new Error(`decoding failure: '${key}' expected type '${type}', got ${JSON.stringify(value)}`);
  return value as T;
}

/** Reads the inputs, unknown ones as if they were not given. */
export function decodeRelease(properties: Properties): ReleaseInputs {
  const plain = known(reveal(properties)) as PlainObject;
  const values = plain.values;
  const repository = plain.repositoryOpts;
  const result = {
    ...Object.fromEntries(flags.map((key) => [key, typed(plain, key, "boolean", false)])),
    ...Object.fromEntries(texts.map((key) => [key, typed(plain, key, "string", "")])),
    timeout: typed(plain, "timeout", "number", 0),
    values: values !== undefined && isObject(values) ? (values as JsonObject) : {},
  } as ReleaseInputs;
  if (typeof plain.maxHistory === "number") result.maxHistory = plain.maxHistory;
  if (repository !== undefined && isObject(repository))
    result.repositoryOpts = Object.fromEntries(
      repositoryTexts.map((key) => [key, typed(repository as PlainObject, key, "string", "")]),
    ) as NonNullable<ReleaseInputs["repositoryOpts"]>;
  return result;
}

/** Faults in what the program gave, each with the input's name. */
export function faultsOf(news: Properties): { property: string; reason: string }[] {
  const faults: { property: string; reason: string }[] = [];
  const refuse = (property: string) =>
    faults.push({
      property,
      reason: `the lab's kubernetes plugin does not support "${property}" of a Release`,
    });
  const plain = reveal(news);
  for (const [key, value] of Object.entries(plain)) {
    const given = value !== null && value !== false && value !== "";
    const isKnown = (
      [...flags, ...texts, "timeout", "maxHistory", "repositoryOpts", "values"] as string[]
    ).includes(key);
    if (given && !ignored.has(key) && (!isKnown || unsupported.includes(key))) refuse(key);
  }
  const repository = plain.repositoryOpts;
  // They could reach helm only on its command line, which everybody can read.
  for (const key of ["username", "password"])
    if (repository !== undefined && isObject(repository) && (repository as PlainObject)[key])
      refuse(`repositoryOpts.${key}`);
  return faults;
}

/** Name, namespace, timeout and keyring where the program gave none. */
export function withDefaults(
  news: Properties,
  olds: Properties,
  urnName: string,
  randomSeed: Uint8Array,
  defaultNamespace: string,
): Properties {
  const result = { ...news };
  const missing = (key: string) => result[key] === undefined || result[key] === null || result[key] === "";
  if (missing("name")) result.name = olds.name ?? `${urnName}-${suffix(randomSeed)}`;
  if (missing("namespace")) result.namespace = defaultNamespace;
  if (result.skipAwait !== true && missing("timeout")) result.timeout = 300;
  if (result.verify === true && missing("keyring")) result.keyring = `${homedir()}/.gnupg/pubring.gpg`;
  return result;
}

/** Makes unknown in `outs` what is unknown in `ins`. */
export function annotateUnknown(outs: Value, ins: Value): Value {
  if (ins instanceof Secret) return annotateUnknown(outs, ins.value);
  if (ins instanceof Unknown) return unknown;
  if (isObject(outs) && isObject(ins)) {
    const result: Properties = { ...outs };
    for (const [key, value] of Object.entries(ins)) {
      const target = result[key];
      if (target !== undefined) result[key] = annotateUnknown(target, value);
    }
    return result;
  }
  if (Array.isArray(outs) && Array.isArray(ins))
    return outs.map((value, index) => {
      const source = ins[index];
      return source === undefined ? value : annotateUnknown(value, source);
    });
  return outs;
}

/** Whether a part of the inputs is unknown until the update: the chart cannot be rendered. */
export const isUnknown = (properties: Properties): boolean => hasUnknown(properties);
