/** Marks on the wire, fixed by the engine. */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const assetSignature = "c44067f5952c0a294b673a41bacd8c17";
const archiveSignature = "0def7320c3a5731c473e5ecbe6d01bc7";
/** The engine has one mark per kind of unknown value; all mean the same here. */
const unknownMarks = new Set([
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);
const unknownMark = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** A value that is not known before the update runs. */
export class Unknown {
  /** In a JSON document an unknown stands as null, as in the official provider's patches. */
  toJSON(): null {
    return null;
  }
}
export const unknown = new Unknown();

/** A value that is encrypted in the state and hidden in the display. */
export class Secret {
  readonly element: Value;
  constructor(element: Value) {
    this.element = element;
  }
}

/** An asset or archive, kept as the engine sent it. */
export class Asset {
  readonly wire: JsonObject;
  readonly archive: boolean;
  constructor(wire: JsonObject, archive: boolean) {
    this.wire = wire;
    this.archive = archive;
  }
}

/** A property value as the engine knows it. */
export type Value = null | boolean | number | string | Unknown | Secret | Asset | Value[] | Properties;
export interface Properties {
  [key: string]: Value;
}

/** A value without secrets, in which parts may still be unknown. */
export type Plain = null | boolean | number | string | Unknown | Asset | Plain[] | PlainObject;
export interface PlainObject {
  [key: string]: Plain;
}

export const isObject = (value: Value | undefined): value is Properties =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Unknown) &&
  !(value instanceof Secret) &&
  !(value instanceof Asset);

function decodeValue(wire: Json): Value {
  if (typeof wire === "string") return unknownMarks.has(wire) ? unknown : wire;
  if (wire === null || typeof wire !== "object") return wire;
  if (Array.isArray(wire)) return wire.map(decodeValue);
  switch (wire[signatureKey]) {
    case secretSignature:
      return new Secret(decodeValue(wire.value ?? null));
    case assetSignature:
      return new Asset(wire, false);
    case archiveSignature:
      return new Asset(wire, true);
    default:
      return decodeObject(wire);
  }
}

/** Properties as the engine means them, from what is on the wire. */
export function decodeObject(wire: JsonObject): Properties {
  const result: Properties = {};
  for (const [key, value] of Object.entries(wire)) result[key] = decodeValue(value);
  return result;
}

function encodeValue(value: Value): Json {
  if (value instanceof Unknown) return unknownMark;
  if (value instanceof Secret) return { [signatureKey]: secretSignature, value: encodeValue(value.element) };
  if (value instanceof Asset) return value.wire;
  if (Array.isArray(value)) return value.map(encodeValue);
  if (isObject(value)) {
    const result: JsonObject = {};
    for (const [key, element] of Object.entries(value)) result[key] = encodeValue(element);
    return result;
  }
  return value;
}

export const encodeObject = (properties: Properties): JsonObject => encodeValue(properties) as JsonObject;

/** The value with every secret opened. */
export function strip(value: Properties): PlainObject;
export function strip(value: Value): Plain;
export function strip(value: Value): Plain {
  if (value instanceof Secret) return strip(value.element);
  if (Array.isArray(value)) return value.map((element) => strip(element));
  if (isObject(value)) {
    const result: PlainObject = {};
    for (const [key, element] of Object.entries(value)) result[key] = strip(element);
    return result;
  }
  return value;
}

const some = (value: Value, wanted: (value: Value) => boolean): boolean => {
  if (wanted(value)) return true;
  if (value instanceof Secret) return some(value.element, wanted);
  if (Array.isArray(value)) return value.some((element) => some(element, wanted));
  return isObject(value) && Object.values(value).some((element) => some(element, wanted));
};
export const hasSecret = (value: Value): boolean => some(value, (part) => part instanceof Secret);
export const hasUnknown = (value: Value): boolean => some(value, (part) => part instanceof Unknown);
