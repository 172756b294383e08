import { type Plain, type PlainObject, Unknown } from "../../kit/values.ts";
import { isMap } from "./access.ts";

/** Equality of JSON documents, in which an unknown is null. */
export function equal(a: Plain | undefined, b: Plain | undefined): boolean {
  if (a === b) return true;
  if (a instanceof Unknown) return equal(null, b);
  if (b instanceof Unknown) return equal(a, null);
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((element, index) => equal(element, b[index]));
  if (!isMap(a) || !isMap(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && equal(a[key], b[key]));
}

const asJson = (value: Plain): Plain => (value instanceof Unknown ? null : value);

/** The JSON merge patch (RFC 7386) that turns `from` into `to`; empty when they are equal. */
export function mergePatch(from: PlainObject, to: PlainObject): PlainObject {
  const patch: PlainObject = {};
  for (const [key, value] of Object.entries(to)) {
    const old = from[key];
    if (isMap(old) && isMap(value)) {
      const nested = mergePatch(old, value);
      if (Object.keys(nested).length > 0) patch[key] = nested;
    } else if (old === undefined || !equal(old, value)) patch[key] = asJson(value);
  }
  for (const key of Object.keys(from)) if (!(key in to)) patch[key] = null;
  return patch;
}

/**
 * The patch that changes `current` to `modified` and deletes what is in `original` but not in `modified`. Everything else
 * in `current` is kept.
 */
export function threeWayMergePatch(
  original: PlainObject,
  modified: PlainObject,
  current: PlainObject,
): PlainObject {
  const patch: PlainObject = {};
  for (const [key, value] of Object.entries(modified)) {
    const now = current[key];
    if (isMap(value) && isMap(now)) {
      const before = original[key];
      const nested = threeWayMergePatch(isMap(before) ? before : {}, value, now);
      if (Object.keys(nested).length > 0) patch[key] = nested;
    } else if (now === undefined || !equal(now, value)) patch[key] = asJson(value);
  }
  for (const key of Object.keys(original)) if (!(key in modified)) patch[key] = null;
  return patch;
}
