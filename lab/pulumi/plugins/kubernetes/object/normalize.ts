import { hasUnknown, type Plain, type PlainObject } from "../../kit/values.ts";
import type { KubeObject } from "./access.ts";
import { at, isMap, put, remove } from "./access.ts";
import { isBuiltIn, isCustomResourceDefinition, isSecret, kindOfObject } from "./kind.ts";
import { equal } from "./mergePatch.ts";
import { canonicalQuantity } from "./quantity.ts";

/** A copy of a value, at any depth. */
export function clone<T extends Plain>(value: T): T {
  if (Array.isArray(value)) return value.map((element) => clone(element)) as T;
  if (!isMap(value)) return value;
  const result: PlainObject = {};
  for (const [key, element] of Object.entries(value)) result[key] = clone(element);
  return result as T;
}

/** Keys of built-in kinds whose value is a map of quantities. */
const quantityMaps = new Set(
  "limits requests hard capacity podFixed max min default defaultRequest maxLimitRequestRatio".split(" "),
);
/** Keys whose value is one quantity, by the key of their map: a ConfigMap or a label may have the same key. */
const quantities = new Map(
  Object.entries({
    emptyDir: ["sizeLimit"],
    resourceFieldRef: ["divisor"],
    target: ["value", "averageValue"],
  }),
);

const asQuantity = (value: Plain): Plain =>
  typeof value === "string" || typeof value === "number" ? canonicalQuantity(String(value)) : value;

/** Converts quantities to their canonical form and removes nulls, which typed objects cannot contain. */
function canonical(value: Plain, key: string): Plain {
  if (Array.isArray(value)) return value.map((element) => canonical(element, ""));
  if (!isMap(value)) return value;
  const result: PlainObject = {};
  for (const [name, element] of Object.entries(value)) {
    if (element === null) continue;
    const plain = typeof element === "string" || typeof element === "number";
    if (quantityMaps.has(key) && plain) result[name] = asQuantity(element);
    else if (quantities.get(key)?.includes(name)) result[name] = asQuantity(element);
    else result[name] = canonical(element, name);
  }
  return result;
}

const canonicalBase64 = (text: string): string => {
  const bytes = Buffer.from(text, "base64");
  const again = bytes.toString("base64");
  // The API server rejects strings that are not base64.
  return again.replaceAll("=", "") === text.replaceAll(/[\s=]/g, "") ? again : text;
};

/** `stringData` becomes `data`, as the API server stores it. */
function normalizeSecret(secret: KubeObject): void {
  const data = at(secret, "data");
  const entries = isMap(data) ? data : {};
  const strings = at(secret, "stringData");
  if (isMap(strings) && Object.keys(strings).length > 0) {
    for (const [key, value] of Object.entries(strings))
      entries[key] = Buffer.from(String(value ?? "")).toString("base64");
    delete secret.stringData;
  } else {
    for (const [key, value] of Object.entries(entries))
      if (typeof value === "string") entries[key] = canonicalBase64(value);
  }
  if (Object.keys(entries).length > 0) secret.data = entries;
}

/**
 * The input in the form in which the API server returns it, so that equivalent notations are equal. From objects that
 * are not fully known, and from custom resources, only read-only fields are removed.
 */
export function normalize(object: KubeObject): KubeObject {
  let result = clone(object);
  if (!hasUnknown(result) && isBuiltIn(kindOfObject(result))) {
    if (isCustomResourceDefinition(result)) {
      if (at(result, "spec", "preserveUnknownFields") === false)
        remove(result, "spec", "preserveUnknownFields");
      delete result.status;
    } else if (isSecret(result)) normalizeSecret(result);
    else {
      const { metadata, ...rest } = result;
      result = { ...(canonical(rest, "") as PlainObject), ...(metadata === undefined ? {} : { metadata }) };
    }
  }
  for (const field of [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
  ])
    remove(result, "metadata", field);
  return result;
}

const isEmpty = (value: Plain): boolean =>
  value === null ||
  value === false ||
  value === "" ||
  value === 0 ||
  (Array.isArray(value) && value.length === 0) ||
  (isMap(value) && Object.keys(value).length === 0);

/**
 * Removes values from an input that are empty (false, 0, "", {} or []), were sent before and are absent in the live object:
 * the API server does not store such defaults, so they would always differ. One that was not sent before may be stored.
 */
export function dropUnstoredDefaults(input: Plain, live: Plain | undefined, sent: Plain | undefined): Plain {
  if (Array.isArray(input)) {
    const elements = Array.isArray(live) ? live : [];
    const before = Array.isArray(sent) ? sent : [];
    return input.map((element, index) => dropUnstoredDefaults(element, elements[index], before[index]));
  }
  if (!isMap(input) || !isMap(live)) return input;
  const result: PlainObject = {};
  for (const [key, value] of Object.entries(input)) {
    const before = isMap(sent) ? sent[key] : undefined;
    if (key in live || !isEmpty(value) || !equal(value, before))
      result[key] = dropUnstoredDefaults(value, live[key], before);
  }
  return result;
}

/**
 * Adds to the live values of an input the empty ones that the API server stores neither now nor in the object as it was:
 * after a refresh the program would otherwise add them again. One that was stored and is gone has changed.
 */
export function keepUnstoredDefaults(
  live: PlainObject,
  input: PlainObject,
  was: Plain | undefined,
): PlainObject {
  const result = { ...live };
  for (const [key, value] of Object.entries(input)) {
    const now = live[key];
    const before = isMap(was) ? was[key] : undefined;
    if (now !== undefined) result[key] = keepWithin(now, value, before);
    else if (before === undefined && isEmpty(value)) result[key] = value;
  }
  return result;
}

function keepWithin(live: Plain, input: Plain | undefined, was: Plain | undefined): Plain {
  if (isMap(live) && isMap(input)) return keepUnstoredDefaults(live, input, was);
  if (!Array.isArray(live) || !Array.isArray(input)) return live;
  const before = Array.isArray(was) ? was : [];
  return live.map((element, index) => keepWithin(element, input[index], before[index]));
}

/** Sets the namespace of a namespaced object that has none to `default`. */
export function canonicalNamespace(object: KubeObject, namespaced: boolean): void {
  if (!namespaced) remove(object, "metadata", "namespace");
  else if (!at(object, "metadata", "namespace")) put(object, "default", "metadata", "namespace");
}
