/** A value on its way between engine and plugin, with what the engine's wire format can say beyond JSON. */
export type Value =
  | null
  | boolean
  | number
  | string
  | Value[]
  | { [key: string]: Value }
  | Secret
  | Unknown
  | Asset;
export type Properties = { [key: string]: Value };

/** Encrypted in the state, hidden in the output. */
export class Secret {
  readonly value: Value;
  constructor(value: Value) {
    this.value = value;
  }
}

/** Known only once something else was made: in previews. */
export class Unknown {
  readonly unknown = true;
}
export const unknown = new Unknown();

/** A text, file, folder or URL that travels by reference. */
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

// Constants of the engine's wire format (sdk/go/common/resource/sig, sdk/go/common/resource/plugin/rpc.go).
const signature = "4dabf18193072939515e22adb298388d";
const signatures = {
  secret: "1b47061264138c4ac30d75fd1eb44270",
  asset: "c44067f5952c0a294b673a41bacd8c17",
  archive: "0def7320c3a5731c473e5ecbe6d01bc7",
  resource: "5cf8f73096256a8f31e491e813e4eb8e",
  output: "d0e6a833031e9bbcd3f4e8bde6ca49a4",
} as const;
const unknownString = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const unknowns = new Set([
  unknownString,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Reads the wire format. */
export function fromWire(json: Json): Value {
  if (typeof json === "string") return unknowns.has(json) ? unknown : json;
  if (json === null || typeof json !== "object") return json;
  if (Array.isArray(json)) return json.map(fromWire);
  const mark = json[signature];
  if (mark === undefined) return propertiesFromWire(json);
  switch (mark) {
    case signatures.secret:
      return new Secret(fromWire(json.value ?? null));
    case signatures.output: {
      const value = json.value === undefined ? unknown : fromWire(json.value);
      return json.secret === true ? new Secret(value) : value;
    }
    case signatures.asset:
    case signatures.archive: {
      const { hash, text, path, uri, assets } = json;
      return new Asset(
        mark === signatures.asset ? "asset" : "archive",
        typeof hash === "string" ? hash : "",
        {
          ...(typeof text === "string" && text !== "" ? { text } : {}),
          ...(typeof path === "string" && path !== "" ? { path } : {}),
          ...(typeof uri === "string" && uri !== "" ? { uri } : {}),
          ...(isObject(assets) ? { assets: propertiesFromWire(assets) } : {}),
        },
      );
    }
    case signatures.resource:
      throw new Error(`a reference to resource ${String(json.urn)} is not supported as a value`);
    default:
      throw new Error(`value with unknown signature ${String(mark)}`);
  }
}

const isObject = (json: Json | undefined): json is { [key: string]: Json } =>
  typeof json === "object" && json !== null && !Array.isArray(json);

export const propertiesFromWire = (json: { [key: string]: Json }): Properties =>
  Object.fromEntries(Object.entries(json).map(([key, value]) => [key, fromWire(value)]));

/** Writes the wire format. */
export function toWire(value: Value): Json {
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Unknown) return unknownString;
  if (value instanceof Secret) return { [signature]: signatures.secret, value: toWire(value.value) };
  if (value instanceof Asset) {
    const { assets, ...source } = value.source;
    return {
      [signature]: signatures[value.kind],
      hash: value.hash,
      ...source,
      ...(assets ? { assets: propertiesToWire(assets) } : {}),
    };
  }
  if (Array.isArray(value)) return value.map(toWire);
  return propertiesToWire(value);
}

export const propertiesToWire = (properties: Properties): { [key: string]: Json } =>
  Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, toWire(value)]));

export const isPlainObject = (value: Value | undefined): value is Properties =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Secret) &&
  !(value instanceof Unknown) &&
  !(value instanceof Asset);

/** The value without secret marks, at any depth. */
export function reveal(value: Value): Value {
  if (value instanceof Secret) return reveal(value.value);
  if (Array.isArray(value)) return value.map(reveal);
  if (isPlainObject(value)) return revealAll(value);
  return value;
}
export const revealAll = (properties: Properties): Properties =>
  Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, reveal(value)]));

/** Whether any part satisfies `is`. */
function some(value: Value, is: (part: Value) => boolean): boolean {
  if (is(value)) return true;
  if (value instanceof Secret) return some(value.value, is);
  if (Array.isArray(value)) return value.some((item) => some(item, is));
  return isPlainObject(value) && Object.values(value).some((item) => some(item, is));
}
export const hasUnknown = (value: Value): boolean => some(value, (part) => part instanceof Unknown);
export const hasSecret = (value: Value): boolean => some(value, (part) => part instanceof Secret);

/** Every text inside a secret: what must not be seen in messages. */
export function secretTexts(value: Value, inSecret = false): string[] {
  if (value instanceof Secret) return secretTexts(value.value, true);
  if (typeof value === "string") return inSecret ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((item) => secretTexts(item, inSecret));
  return isPlainObject(value) ? Object.values(value).flatMap((item) => secretTexts(item, inSecret)) : [];
}

/**
 * Takes secrets out of a message, whole and line by line. Texts under 3 characters and lines under 8 stay:
 * hiding them would garble everything and tells nothing.
 */
export function redact(message: string, secrets: string[]): string {
  const hidden = secrets.flatMap((secret) => [
    ...(secret.trim().length >= 3 ? [secret.trim()] : []),
    ...secret.split("\n").flatMap((line) => (line.trim().length >= 8 ? [line.trim()] : [])),
  ]);
  return [...new Set(hidden)]
    .sort((a, b) => b.length - a.length)
    .reduce((text, secret) => text.replaceAll(secret, "[secret]"), message);
}
