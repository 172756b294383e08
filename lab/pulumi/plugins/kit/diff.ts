import { Asset, isObject, type Properties, reveal, Secret, Unknown, type Value } from "./values.ts";

export type DiffKind = "add" | "delete" | "update";

/** Differences by property path in the engine's notation: `a.b[0]["c d"]`. */
export type Differences = Map<string, DiffKind>;

const simple = /^[A-Za-z_$][\w$]*$/;
const child = (path: string, key: string) => {
  if (!simple.test(key)) return `${path}["${key.replaceAll('"', '\\"')}"]`;
  return path === "" ? key : `${path}.${key}`;
};

/** Compares two values. Secret marks are ignored; an unknown value differs from every value. */
function compare(before: Value | undefined, after: Value | undefined, path: string, into: Differences): void {
  const old = before instanceof Secret ? reveal(before) : before;
  const now = after instanceof Secret ? reveal(after) : after;
  if (old === undefined && now === undefined) return;
  if (old === undefined) {
    into.set(path, "add");
  } else if (now === undefined) {
    into.set(path, "delete");
  } else if (Array.isArray(old) && Array.isArray(now)) {
    for (let index = 0; index < Math.max(old.length, now.length); index += 1) {
      compare(old[index], now[index], `${path}[${index}]`, into);
    }
  } else if (isObject(old) && isObject(now)) {
    for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
      compare(old[key], now[key], child(path, key), into);
    }
  } else if (!equalScalars(old, now)) {
    into.set(path, "update");
  }
}

function equalScalars(old: Value, now: Value): boolean {
  if (old instanceof Asset && now instanceof Asset) return old.kind === now.kind && old.hash === now.hash;
  if (old instanceof Unknown || now instanceof Unknown) return false;
  return old === now;
}

/** Differences between two sets of inputs, without the engine's properties (`version`, `__defaults` …). */
export function differences(before: Properties, after: Properties): Differences {
  const found: Differences = new Map();
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (key === "version" || key.startsWith("__")) continue;
    compare(before[key], after[key], child("", key), found);
  }
  return found;
}

/** The first part of a path, e.g. `a` of `a.b[0]`. */
export const rootOf = (path: string): string =>
  /^\["((?:[^"\\]|\\.)*)"\]/.exec(path)?.[1] ?? path.split(/[.[]/, 1)[0] ?? path;

/**
 * Restores the old value of every path in `ignoreChanges`.
 *
 * @throws on paths other than names and `a.b`
 */
export function applyIgnoreChanges(paths: string[], before: Properties, after: Properties): Properties {
  let result = after;
  for (const path of paths) result = takeOld(path.split("."), path, before, result);
  return result;
}

function takeOld(keys: string[], path: string, before: Properties, after: Properties): Properties {
  const [key, ...rest] = keys;
  if (key === undefined || !simple.test(key)) {
    throw new Error(
      `ignoreChanges path ${path} is not supported by the lab: only names separated by dots are`,
    );
  }
  const old = before[key];
  if (rest.length > 0) {
    const now = after[key];
    const oldChild = old === undefined ? {} : reveal(old);
    if (!isObject(now) || !isObject(oldChild)) return after;
    return { ...after, [key]: takeOld(rest, path, oldChild, now) };
  }
  if (old !== undefined) return { ...after, [key]: old };
  const { [key]: _ignored, ...others } = after;
  return others;
}
