import jspb from "google-protobuf";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { Hidden, type Json, unknown } from "../engine/values.ts";

/** A resource as the engine sends it. */
export interface Resource {
  type: string;
  urn: string;
  name: string;
  /** Decoded at first use. Secret values are `Hidden`, values that are unknown until the update are `unknown`. */
  readonly props: Json;
}

/**
 * Field numbers of `AnalyzeRequest` and `AnalyzerResource` in Pulumi's analyzer.proto; both have these four. Decoded
 * here, because the generated classes take about thirty times as long for a stack with CRDs, and because the SDK would
 * decode every resource again for every rule, and hide which values are secret.
 */
const fieldsOfResource = { type: 1, properties: 2, urn: 3, name: 4 };
/** `AnalyzeStackRequest.resources`. */
const resourcesField = 1;
/** Fields of `google.protobuf.Value`; a value without any of them is null. */
const fieldsOfValue = { number: 2, string: 3, bool: 4, struct: 5, list: 6 };

/** How Pulumi marks a value that is more than JSON. */
const signature = "4dabf18193072939515e22adb298388d";
const secretMark = "1b47061264138c4ac30d75fd1eb44270";

/** What the engine sends for unknown values, by kind. */
const unknowns = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

const nothing = new empty.Empty();

/** Reads the fields of the message that comes next. */
function inside(reader: jspb.BinaryReader, read: (field: number) => void): void {
  reader.readMessage(nothing, () => {
    while (reader.nextField()) read(reader.getFieldNumber());
  });
}

function value(reader: jspb.BinaryReader): unknown {
  let found: unknown = null;
  inside(reader, (field) => {
    if (field === fieldsOfValue.number) found = reader.readDouble();
    else if (field === fieldsOfValue.string) found = known(reader.readString());
    else if (field === fieldsOfValue.bool) found = reader.readBool();
    else if (field === fieldsOfValue.struct) {
      const entries: [string, unknown][] = [];
      inside(reader, () => entries.push(entry(reader)));
      found = unwrapped(Object.fromEntries(entries));
    } else if (field === fieldsOfValue.list) {
      const items: unknown[] = [];
      inside(reader, () => items.push(value(reader)));
      found = items;
    } else reader.skipField();
  });
  return found;
}

const known = (text: string): unknown => (unknowns.has(text) ? unknown : text);
const unwrapped = (entries: Json): unknown =>
  entries[signature] === secretMark ? new Hidden(entries.value) : entries;

/** One entry of a `google.protobuf.Struct`: key and value. */
function entry(reader: jspb.BinaryReader): [string, unknown] {
  let key = "";
  let content: unknown = null;
  inside(reader, (field) => {
    if (field === 1) key = reader.readString();
    else content = value(reader);
  });
  return [key, content];
}

function properties(bytes: Uint8Array): Json {
  const reader = new jspb.BinaryReader(bytes);
  const entries: [string, unknown][] = [];
  while (reader.nextField()) entries.push(entry(reader));
  return Object.fromEntries(entries);
}

/** Reads an `AnalyzeRequest` or an `AnalyzerResource`. */
export function readResource(bytes: Uint8Array): Resource {
  const reader = new jspb.BinaryReader(bytes);
  const resource = { type: "", urn: "", name: "" };
  let packed: Uint8Array = new Uint8Array();
  while (reader.nextField()) {
    const field = reader.getFieldNumber();
    if (field === fieldsOfResource.type) resource.type = reader.readString();
    else if (field === fieldsOfResource.urn) resource.urn = reader.readString();
    else if (field === fieldsOfResource.name) resource.name = reader.readString();
    else if (field === fieldsOfResource.properties) packed = reader.readBytes();
    else reader.skipField();
  }
  let props: Json | undefined;
  return {
    ...resource,
    get props() {
      props ??= properties(packed);
      return props;
    },
  };
}

/** Reads an `AnalyzeStackRequest`. */
export function readStack(bytes: Uint8Array): Resource[] {
  const reader = new jspb.BinaryReader(bytes);
  const resources: Resource[] = [];
  while (reader.nextField()) {
    if (reader.getFieldNumber() === resourcesField) resources.push(readResource(reader.readBytes()));
    else reader.skipField();
  }
  return resources;
}
