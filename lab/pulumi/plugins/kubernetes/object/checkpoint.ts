import type { Plain, PlainObject, Properties } from "../rpc/values.ts";
import { isObject, strip } from "../rpc/values.ts";
import type { KubeObject } from "./access.ts";
import { isMap, text } from "./access.ts";
import { annotateSecrets } from "./secrets.ts";

const inputsKey = "__inputs";
const apiVersionKey = "__initialApiVersion";
const fieldManagerKey = "__fieldManager";

/** Keys with dashes are not names in the SDKs' types, which have underscores in their place. */
const dashed = [
  "x-kubernetes-embedded-resource",
  "x-kubernetes-int-or-string",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-list-type",
  "x-kubernetes-map-type",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-validations",
];
const toUnderscore = new Map(dashed.map((key) => [key, key.replaceAll("-", "_")]));
const toDash = new Map(dashed.map((key) => [key.replaceAll("-", "_"), key]));

function rename(value: Plain, names: Map<string, string>): Plain {
  if (Array.isArray(value)) return value.map((element) => rename(element, names));
  if (!isMap(value)) return value;
  const result: PlainObject = {};
  for (const [key, element] of Object.entries(value)) result[names.get(key) ?? key] = rename(element, names);
  return result;
}

/** The Kubernetes object that properties of the engine stand for, without secrets. */
export const toObject = (properties: Properties): KubeObject =>
  rename(strip(properties), toDash) as KubeObject;

/** What a resource's state remembers besides the live object. */
export interface Memory {
  initialApiVersion: string;
  fieldManager: string;
}

/** State of a resource: the live object, the inputs that made it, and by whom its fields are managed. */
export function checkpoint(
  inputs: KubeObject,
  live: KubeObject,
  fromInputs: Properties,
  { initialApiVersion, fieldManager }: Memory,
): Properties {
  const state = rename(live, toUnderscore) as Properties;
  const recorded = rename(inputs, toUnderscore) as Properties;
  annotateSecrets(state, fromInputs);
  annotateSecrets(recorded, fromInputs);
  return {
    ...state,
    [inputsKey]: recorded,
    [apiVersionKey]: initialApiVersion,
    [fieldManagerKey]: fieldManager,
  };
}

/** The parts that `checkpoint` put together. */
export function parseCheckpoint(state: Properties): { inputs: KubeObject; live: KubeObject } & Memory {
  const { [inputsKey]: recorded, ...rest } = state;
  const live = toObject(rest);
  const memory = {
    initialApiVersion: text(live, apiVersionKey),
    fieldManager: text(live, fieldManagerKey),
  };
  delete live[apiVersionKey];
  delete live[fieldManagerKey];
  return { inputs: isObject(recorded) ? toObject(recorded) : {}, live, ...memory };
}
