import type { DiffKind, PropertyDiff } from "../rpc/provider.ts";
import { type Plain, type PlainObject, Unknown } from "../rpc/values.ts";
import { isMap } from "./access.ts";
import { equal } from "./mergePatch.ts";

/** Stands for a key that is not there, as opposed to one that is null. */
const missing = Symbol("missing");
type Maybe = Plain | typeof missing;
type Path = (string | number)[];

/** The documents that a patch is explained by. */
export interface Documents {
  /** What the patch is applied to. */
  base: PlainObject;
  newInputs: PlainObject;
  oldInputs: PlainObject;
  /** Paths, e.g. `.spec.containers[*].image`, that cannot change on a living object. */
  forceNew: string[];
}

const steps = (path: string): string[] => path.replaceAll("[*]", ".*").split(".").filter(Boolean);

function reaches(value: Plain, [step, ...rest]: string[]): boolean {
  if (step === undefined) return true;
  if (step === "*") return Array.isArray(value) && value.some((element) => reaches(element, rest));
  if (!isMap(value)) return false;
  const next = value[step];
  return next !== undefined && reaches(next, rest);
}

/** A change of `path` to `value` touches the place that `pattern` names. */
function touches(path: Path, value: Plain, pattern: string[]): boolean {
  const [head, ...tail] = path;
  const [step, ...rest] = pattern;
  if (step === undefined) return true;
  if (head === undefined) return reaches(value, pattern);
  if (typeof head === "number") return step === "*" && touches(tail, value, rest);
  return head === step && touches(tail, value, rest);
}

/** Path in the engine's notation: `spec.ports[0].name`, `metadata.labels["a.b/c"]`. */
export function formatPath(path: Path): string {
  let result = "";
  for (const step of path) {
    if (typeof step === "number") result += `[${step}]`;
    else if (/[."[\]]/.test(step)) result += `["${step.replaceAll('"', '\\"')}"]`;
    else result += result ? `.${step}` : step;
  }
  return result;
}

const get = (value: Maybe, key: string): Maybe => {
  const found = typeof value !== "symbol" && isMap(value) ? value[key] : undefined;
  return found === undefined ? missing : found;
};
const item = (value: Maybe, index: number): Plain => (Array.isArray(value) ? (value[index] ?? null) : null);
const asNull = (value: Plain): Plain => (value instanceof Unknown ? null : value);

/** Explains a merge patch property by property, and says which changes force a replacement. */
export function detailedDiff(patch: PlainObject, documents: Documents): Map<string, PropertyDiff> {
  const found = new Map<string, PropertyDiff>();
  const patterns = documents.forceNew.map(steps);

  const record = (path: Path, value: Plain, kind: "add" | "delete" | "update", inputDiff: boolean) => {
    const replace = patterns.some((pattern) => touches(path, value, pattern));
    const full: DiffKind = replace ? `${kind}-replace` : kind;
    found.set(formatPath(path), { kind: full, inputDiff });
  };

  const visit = (
    path: Path,
    value: Plain,
    old: Maybe,
    newInput: Maybe,
    oldInput: Maybe,
    inArray: boolean,
  ) => {
    // Without a new input only a removed old input is a difference; all else is the server's own doing.
    if (newInput === missing && (value !== null || oldInput === missing)) return;
    if (value === null) {
      if (newInput instanceof Unknown) record(path, value, old === missing ? "add" : "update", false);
      else if (newInput !== missing && typeof old !== "symbol" && equal(old, value)) return;
      else record(path, value, "delete", true);
    } else if (old === missing) record(path, value, "add", false);
    else if (isMap(value) && typeof old !== "symbol" && isMap(old))
      visitMap(path, value, old, newInput, oldInput, inArray);
    else if (Array.isArray(value) && Array.isArray(old)) visitArray(path, value, old, newInput, oldInput);
    else if (typeof old === "symbol" || !equal(value, old)) record(path, value, "update", false);
  };

  const visitMap = (
    path: Path,
    map: PlainObject,
    old: PlainObject,
    newInput: Maybe,
    oldInput: Maybe,
    inArray: boolean,
  ) => {
    for (const [key, value] of Object.entries(map))
      visit([...path, key], asNull(value), get(old, key), get(newInput, key), get(oldInput, key), inArray);
    // A merge patch replaces arrays whole, so a removed key within one is not in the patch.
    if (!inArray) return;
    for (const key of Object.keys(old))
      if (!(key in map))
        visit([...path, key], null, get(old, key), get(newInput, key), get(oldInput, key), inArray);
  };

  const visitArray = (path: Path, array: Plain[], old: Plain[], newInput: Maybe, oldInput: Maybe) => {
    for (let index = 0; index < Math.max(array.length, old.length); index += 1) {
      const before: Maybe = index < old.length ? (old[index] ?? null) : missing;
      const after = index < array.length ? asNull(array[index] ?? null) : null;
      visit([...path, index], after, before, item(newInput, index), item(oldInput, index), true);
    }
  };

  visitMap([], patch, documents.base, documents.newInputs, documents.oldInputs, false);
  return found;
}

/** Paths whose change asks for a replacement. */
export const replacing = (detailed: Map<string, PropertyDiff>): string[] =>
  [...detailed].filter(([, { kind }]) => kind.endsWith("-replace")).map(([path]) => path);
