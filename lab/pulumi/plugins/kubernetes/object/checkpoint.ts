import type { Plain, PlainObject, Properties } from "../../kit/values.ts";
import { reveal } from "../../kit/values.ts";
import type { KubeObject } from "./access.ts";
import { isMap, remove, text } from "./access.ts";
import { clone } from "./normalize.ts";
import { annotateSecrets } from "./secrets.ts";

const apiVersionKey = "__initialApiVersion";
const fieldManagerKey = "__fieldManager";

/** The SDKs' types have underscores instead of the dashes in these keys. */
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

/** The Kubernetes object of the engine's properties, with secrets revealed. */
export const toObject = (properties: Properties): KubeObject =>
  rename(reveal(properties), toDash) as KubeObject;

/** What a resource's state contains in addition to the live object. */
export interface Memory {
  initialApiVersion: string;
  fieldManager: string;
}

/**
 * State of a resource: the live object and its field manager. The official plugin also stores a copy of the inputs and
 * `managedFields`. The engine passes the inputs with each call and the plugin does not need `managedFields`; without
 * both the state, which the engine writes twice for every resource, is a fifth smaller.
 */
export function checkpoint(
  live: KubeObject,
  fromInputs: Properties,
  { initialApiVersion, fieldManager }: Memory,
): Properties {
  const kept = clone(live);
  remove(kept, "metadata", "managedFields");
  const state = rename(kept, toUnderscore) as Properties;
  annotateSecrets(state, fromInputs);
  return {
    ...state,
    [apiVersionKey]: initialApiVersion,
    [fieldManagerKey]: fieldManager,
  };
}

/** Reads the state that `checkpoint` returned. */
export function parseCheckpoint(state: Properties): { live: KubeObject } & Memory {
  const live = toObject(state);
  const memory = {
    initialApiVersion: text(live, apiVersionKey),
    fieldManager: text(live, fieldManagerKey),
  };
  delete live[apiVersionKey];
  delete live[fieldManagerKey];
  return { live, ...memory };
}
