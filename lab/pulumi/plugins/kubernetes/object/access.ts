import type { Plain, PlainObject } from "../../kit/values.ts";
import { isObject } from "../../kit/values.ts";

/** A Kubernetes object, as program input (parts may be unknown) or as the API server returned it. */
export type KubeObject = PlainObject;

/** Whether a value is a map. */
export const isMap = (value: Plain | undefined): value is PlainObject => isObject(value);

/** The value at a path of keys; undefined if a key is missing. */
export function at(value: Plain | undefined, ...path: string[]): Plain | undefined {
  let current = value;
  for (const key of path) {
    if (!isMap(current)) return undefined;
    current = current[key];
  }
  return current;
}

/** The text at a path; empty where there is none. */
export const text = (value: Plain | undefined, ...path: string[]): string => {
  const found = at(value, ...path);
  return typeof found === "string" ? found : "";
};
/** The number at a path. */
export const number = (value: Plain | undefined, ...path: string[]): number | undefined => {
  const found = at(value, ...path);
  return typeof found === "number" ? found : undefined;
};
/** The maps in the list at a path. */
export const list = (value: Plain | undefined, ...path: string[]): PlainObject[] => {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.filter(isMap) : [];
};

/** Sets the value at a path and creates missing maps. Does nothing if the path leads through another type of value. */
export function put(object: PlainObject, value: Plain, ...path: string[]): void {
  const last = path.at(-1);
  let current = object;
  for (const key of path.slice(0, -1)) {
    const next = current[key] ?? {};
    if (!isMap(next)) return;
    current[key] = next;
    current = next;
  }
  if (last !== undefined) current[last] = value;
}

/** Removes what is at a path. */
export function remove(object: PlainObject, ...path: string[]): void {
  const parent = at(object, ...path.slice(0, -1));
  const last = path.at(-1);
  if (isMap(parent) && last !== undefined) delete parent[last];
}

/** `metadata.name`; empty where there is none, or it is unknown. */
export const nameOf = (object: PlainObject): string => text(object, "metadata", "name");
/** `metadata.namespace`; empty where there is none, or it is unknown. */
export const namespaceOf = (object: PlainObject): string => text(object, "metadata", "namespace");
/** `metadata.uid`; empty before the object is created. */
export const uidOf = (object: PlainObject): string => text(object, "metadata", "uid");
/** `kind`. */
export const kindOf = (object: PlainObject): string => text(object, "kind");
/** The value of an annotation; empty where there is none. */
export const annotation = (object: PlainObject, key: string): string =>
  text(object, "metadata", "annotations", key);

/** Identifier of an object in Pulumi's state: `namespace/name`, or `name` without a namespace. */
export function idOf(object: PlainObject): string {
  const namespace = namespaceOf(object);
  return namespace ? `${namespace}/${nameOf(object)}` : nameOf(object);
}
/** Namespace and name of an identifier that `idOf` made. */
export function parseId(id: string): { namespace: string; name: string } {
  const [first = "", second] = id.split("/");
  return second === undefined ? { namespace: "", name: first } : { namespace: first, name: second };
}

/** Whether `owner` is among the owner references of an object. */
export const isOwnedBy = (object: PlainObject, owner: PlainObject | undefined): boolean =>
  owner !== undefined &&
  list(object, "metadata", "ownerReferences").some((reference) => text(reference, "uid") === uidOf(owner));
