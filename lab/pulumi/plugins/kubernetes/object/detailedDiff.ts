import type { DiffKind } from "../../kit/diff.ts";
import type { PropertyDiff } from "../../kit/provider.ts";
import { type Plain, type PlainObject, Unknown } from "../../kit/values.ts";
import { isMap } from "./access.ts";
import { equal } from "./mergePatch.ts";

/** A missing key, as opposed to one that is null. */
const missing = Symbol("missing");
type Maybe = Plain | typeof missing;
type Path = (string | number)[];

/** The documents that a patch is compared with. */
export interface Documents {
  /** The document that the patch applies to. */
  base: PlainObject;
  newInputs: PlainObject;
  oldInputs: PlainObject;
  /** Immutable paths, e.g. `.spec.containers[*].image`. */
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

/** Whether a change of `path` to `value` affects the path in `pattern`. */
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

/** Lists the changes of a merge patch by property, and which of them replace the object. */
export function detailedDiff(patch: PlainObject, documents: Documents): Map<string, PropertyDiff> {
  const found = new Map<string, PropertyDiff>();
  const patterns = documents.forceNew.map(steps);

  const record = (path: Path, value: Plain, kind: DiffKind, inputDiff: boolean) => {
    const replace = patterns.some((pattern) => touches(path, value, pattern));
    found.set(formatPath(path), { kind, replace, inputDiff });
  };

  const visit = (
    path: Path,
    value: Plain,
    old: Maybe,
    newInput: Maybe,
    oldInput: Maybe,
    inArray: boolean,
  ) => {
    // Without a new input only the removal of an old input is a difference; the server sets everything else.
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
    // A merge patch replaces arrays completely, so it does not contain keys that were removed within one.
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
