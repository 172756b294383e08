import type { Plain, PlainObject } from "../../kit/values.ts";
import { isMap } from "./access.ts";

const typeOf = (value: Plain): string => {
  if (Array.isArray(value)) return "array";
  return value === null ? "null" : isMap(value) ? "map" : typeof value;
};

/** The parts of `source` whose keys `target` also has: the live object in the shape of its inputs. */
export function prune(source: PlainObject, target: PlainObject): PlainObject {
  const result: PlainObject = {};
  for (const [key, value] of Object.entries(source)) {
    const wanted = target[key];
    if (wanted !== undefined) result[key] = pruneValue(value, wanted);
  }
  return result;
}

function pruneValue(value: Plain, wanted: Plain): Plain {
  if (isMap(value) && isMap(wanted)) return prune(value, wanted);
  if (Array.isArray(value) && Array.isArray(wanted)) return pruneArray(value, wanted);
  return value;
}

function pruneArray(source: Plain[], target: Plain[]): Plain[] {
  const [first] = source;
  const [wanted] = target;
  if (first === undefined || wanted === undefined) return [];
  if (typeOf(first) !== typeOf(wanted)) return source;
  return source.slice(0, target.length).map((value, index) => pruneValue(value, target[index] ?? null));
}
