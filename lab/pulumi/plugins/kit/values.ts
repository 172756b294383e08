/** A value that is not known before the update runs. */
export class Unknown {
  readonly unknown = true;
  /** In a JSON document an unknown value is null, as in the patches of the official Kubernetes provider. */
  toJSON(): null {
    return null;
  }
}
export const unknown = new Unknown();

/** Encrypted in the state, hidden in the output. */
export class Secret {
  readonly value: Value;
  constructor(value: Value) {
    this.value = value;
  }
}

/** A text, file, folder or URL that is passed by reference. */
export class Asset {
  readonly kind: "asset" | "archive";
  readonly hash: string;
  /** Exactly one of `text`, `path`, `uri`, `assets` is set in an asset that has its content. */
  readonly source: { text?: string; path?: string; uri?: string; assets?: Properties };
  constructor(kind: "asset" | "archive", hash: string, source: Asset["source"]) {
    this.kind = kind;
    this.hash = hash;
    this.source = source;
  }
}

/** A property value as the engine defines it. */
export type Value = null | boolean | number | string | Unknown | Secret | Asset | Value[] | Properties;
export interface Properties {
  [key: string]: Value;
}

/** A value without secrets, in which parts may still be unknown. */
export type Plain = null | boolean | number | string | Unknown | Asset | Plain[] | PlainObject;
export interface PlainObject {
  [key: string]: Plain;
}

/** Whether a value is a map, and none of the kinds that only Pulumi has. */
export const isObject = (value: Value | undefined): value is Properties =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Unknown) &&
  !(value instanceof Secret) &&
  !(value instanceof Asset);

/** The value without secret marks, at any depth. */
export function reveal(value: Properties): PlainObject;
export function reveal(value: Value): Plain;
export function reveal(value: Value): Plain {
  if (value instanceof Secret) return reveal(value.value);
  if (Array.isArray(value)) return value.map((element) => reveal(element));
  if (!isObject(value)) return value;
  const result: PlainObject = {};
  for (const [key, element] of Object.entries(value)) result[key] = reveal(element);
  return result;
}

/** Whether the value or any part of it satisfies `wanted`. */
function some(value: Value, wanted: (part: Value) => boolean): boolean {
  if (wanted(value)) return true;
  if (value instanceof Secret) return some(value.value, wanted);
  if (Array.isArray(value)) return value.some((element) => some(element, wanted));
  return isObject(value) && Object.values(value).some((element) => some(element, wanted));
}
/** Whether any part of a value is secret. */
export const hasSecret = (value: Value): boolean => some(value, (part) => part instanceof Secret);
/** Whether any part of a value is unknown until the update. */
export const hasUnknown = (value: Value): boolean => some(value, (part) => part instanceof Unknown);
