import { Asset, isPlainObject, type Properties, reveal, Secret, Unknown, type Value } from "./values.ts";

export type DiffKind = "add" | "delete" | "update";

/** Differences by property path in the engine's notation: `a.b[0]["c d"]`. */
export type Differences = Map<string, DiffKind>;

const simple = /^[A-Za-z_$][\w$]*$/;
const child = (path: string, key: string) => {
  if (!simple.test(key)) return `${path}["${key.replaceAll('"', '\\"')}"]`;
  return path === "" ? key : `${path}.${key}`;
};

/** Compares two values; secrecy itself is no difference, and unknown differs from everything. */
export function compare(
  before: Value | undefined,
  after: Value | undefined,
  path: string,
  into: Differences,
): void {
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
  } else if (isPlainObject(old) && isPlainObject(now)) {
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

/** Differences between two sets of inputs. The engine's own properties (`__defaults` and the like) do not count. */
export function differences(before: Properties, after: Properties): Differences {
  const found: Differences = new Map();
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (key === "version" || key.startsWith("__")) continue;
    compare(before[key], after[key], child("", key), found);
  }
  return found;
}

export const equal = (a: Value | undefined, b: Value | undefined): boolean => {
  const found: Differences = new Map();
  compare(a, b, "", found);
  return found.size === 0;
};

/** First part of a path: `a` of `a.b[0]`. */
export const rootOf = (path: string): string =>
  /^\["((?:[^"\\]|\\.)*)"\]/.exec(path)?.[1] ?? path.split(/[.[]/, 1)[0] ?? path;

/**
 * Takes the old value of every path that the user told the engine to ignore.
 * Only whole properties and plain `a.b` paths are known; anything else is refused.
 */
export function applyIgnoreChanges(paths: string[], before: Properties, after: Properties): Properties {
  let result = after;
  for (const path of paths) result = takeOld(path.split("."), path, before, result);
  return result;
}

function takeOld(keys: string[], path: string, before: Properties, after: Properties): Properties {
  const [key, ...rest] = keys;
  if (key === undefined || !simple.test(key)) {
    throw new Error(`ignoreChanges path ${path} is not supported by the lab: only names with dots are`);
  }
  const old = before[key];
  if (rest.length > 0) {
    const now = after[key];
    const oldChild = old === undefined ? {} : reveal(old);
    if (!isPlainObject(now) || !isPlainObject(oldChild)) return after;
    return { ...after, [key]: takeOld(rest, path, oldChild, now) };
  }
  if (old !== undefined) return { ...after, [key]: old };
  const { [key]: _ignored, ...others } = after;
  return others;
}
