import type { Plain, PlainObject } from "../../kit/values.ts";
import { isObject } from "../../kit/values.ts";

/** A Kubernetes object, as program input (parts may be unknown) or as the API server returned it. */
export type KubeObject = PlainObject;

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

export const text = (value: Plain | undefined, ...path: string[]): string => {
  const found = at(value, ...path);
  return typeof found === "string" ? found : "";
};
export const number = (value: Plain | undefined, ...path: string[]): number | undefined => {
  const found = at(value, ...path);
  return typeof found === "number" ? found : undefined;
};
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

export function remove(object: PlainObject, ...path: string[]): void {
  const parent = at(object, ...path.slice(0, -1));
  const last = path.at(-1);
  if (isMap(parent) && last !== undefined) delete parent[last];
}

export const nameOf = (object: PlainObject): string => text(object, "metadata", "name");
export const namespaceOf = (object: PlainObject): string => text(object, "metadata", "namespace");
export const uidOf = (object: PlainObject): string => text(object, "metadata", "uid");
export const kindOf = (object: PlainObject): string => text(object, "kind");
export const annotation = (object: PlainObject, key: string): string =>
  text(object, "metadata", "annotations", key);

/** Identifier of an object in Pulumi's state: `namespace/name`, or `name` without a namespace. */
export function idOf(object: PlainObject): string {
  const namespace = namespaceOf(object);
  return namespace ? `${namespace}/${nameOf(object)}` : nameOf(object);
}
export function parseId(id: string): { namespace: string; name: string } {
  const [first = "", second] = id.split("/");
  return second === undefined ? { namespace: "", name: first } : { namespace: first, name: second };
}

export const isOwnedBy = (object: PlainObject, owner: PlainObject | undefined): boolean =>
  owner !== undefined &&
  list(object, "metadata", "ownerReferences").some((reference) => text(reference, "uid") === uidOf(owner));
