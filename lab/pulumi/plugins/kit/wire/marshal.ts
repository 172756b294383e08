import { unknownValue } from "../../../../../components/core/provider/unknown.ts";
import { Asset, type Properties, Secret, Unknown, unknown, type Value } from "../values.ts";
import type { Json, JsonObject } from "./json.ts";

// Constants of the engine's wire format (sdk/go/common/resource/sig, sdk/go/common/resource/plugin/rpc.go).
const signatureKey = "4dabf18193072939515e22adb298388d";
const signatures = {
  secret: "1b47061264138c4ac30d75fd1eb44270",
  asset: "c44067f5952c0a294b673a41bacd8c17",
  archive: "0def7320c3a5731c473e5ecbe6d01bc7",
  resource: "5cf8f73096256a8f31e491e813e4eb8e",
  output: "d0e6a833031e9bbcd3f4e8bde6ca49a4",
} as const;
/** The engine has one string for each type of unknown value; providers need not tell them apart. */
const unknownStrings = new Set([
  unknownValue,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

const isJsonObject = (json: Json | undefined): json is JsonObject =>
  typeof json === "object" && json !== null && !Array.isArray(json);

function unmarshalAsset(kind: "asset" | "archive", { hash, text, path, uri, assets }: JsonObject): Asset {
  return new Asset(kind, typeof hash === "string" ? hash : "", {
    ...(typeof text === "string" && text !== "" ? { text } : {}),
    ...(typeof path === "string" && path !== "" ? { path } : {}),
    ...(typeof uri === "string" && uri !== "" ? { uri } : {}),
    ...(isJsonObject(assets) ? { assets: unmarshalProperties(assets) } : {}),
  });
}

function unmarshalOutput({ value, secret }: JsonObject): Value {
  const known = value === undefined ? unknown : unmarshal(value);
  return secret === true ? new Secret(known) : known;
}

/** Reads the engine's wire format. @throws on references to resources, which a provider has not asked for */
export function unmarshal(json: Json): Value {
  if (typeof json === "string") return unknownStrings.has(json) ? unknown : json;
  if (json === null || typeof json !== "object") return json;
  if (Array.isArray(json)) return json.map(unmarshal);
  const signature = json[signatureKey];
  switch (signature) {
    case undefined:
      return unmarshalProperties(json);
    case signatures.secret:
      return new Secret(unmarshal(json.value ?? null));
    case signatures.output:
      return unmarshalOutput(json);
    case signatures.asset:
      return unmarshalAsset("asset", json);
    case signatures.archive:
      return unmarshalAsset("archive", json);
    case signatures.resource:
      throw new Error(`a reference to resource ${String(json.urn)} is not supported as a value`);
    default:
      throw new Error(`value with unknown signature ${String(signature)}`);
  }
}

/** Reads a resource's properties from the engine's wire format. */
export function unmarshalProperties(json: JsonObject): Properties {
  const result: Properties = {};
  for (const [key, value] of Object.entries(json)) result[key] = unmarshal(value);
  return result;
}

/** Writes the engine's wire format. */
export function marshal(value: Value): Json {
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Unknown) return unknownValue;
  if (value instanceof Secret) return { [signatureKey]: signatures.secret, value: marshal(value.value) };
  if (value instanceof Asset) {
    const { assets, ...source } = value.source;
    return {
      [signatureKey]: signatures[value.kind],
      hash: value.hash,
      ...source,
      ...(assets ? { assets: marshalProperties(assets) } : {}),
    };
  }
  if (Array.isArray(value)) return value.map(marshal);
  return marshalProperties(value);
}

/** Writes a resource's properties in the engine's wire format. */
export function marshalProperties(properties: Properties): JsonObject {
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(properties)) result[key] = marshal(value);
  return result;
}
