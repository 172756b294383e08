import type { Json, JsonObject } from "./json.ts";
import type { Reader, Writer } from "./protobuf.ts";

/** google.protobuf.Struct. */
export function readStruct(reader: Reader): JsonObject {
  const result: JsonObject = {};
  for (let tag = reader.next(); tag; tag = reader.next()) {
    if (tag.field !== 1) {
      reader.skip(tag.type);
      continue;
    }
    const entry = reader.message();
    let key = "";
    let value: Json = null;
    for (let part = entry.next(); part; part = entry.next()) {
      if (part.field === 1) key = entry.string();
      else if (part.field === 2) value = readValue(entry.message());
      else entry.skip(part.type);
    }
    // Assigning it would set the object's prototype instead of a property.
    if (key === "__proto__") throw new Error("a property cannot be called __proto__");
    result[key] = value;
  }
  return result;
}

function readValue(reader: Reader): Json {
  let value: Json = null;
  for (let tag = reader.next(); tag; tag = reader.next()) {
    if (tag.field === 2) value = reader.double();
    else if (tag.field === 3) value = reader.string();
    else if (tag.field === 4) value = reader.varint() !== 0;
    else if (tag.field === 5) value = readStruct(reader.message());
    else if (tag.field === 6) value = readList(reader.message());
    else reader.skip(tag.type);
  }
  return value;
}

function readList(reader: Reader): Json[] {
  const result: Json[] = [];
  for (let tag = reader.next(); tag; tag = reader.next()) {
    if (tag.field === 1) result.push(readValue(reader.message()));
    else reader.skip(tag.type);
  }
  return result;
}

/** Writes a map as protobuf's `Struct`. The writer goes backwards: each part's end comes first. */
export function writeStruct(writer: Writer, value: JsonObject): void {
  for (const [key, element] of Object.entries(value).reverse())
    writer.message(1, () => {
      writer.message(2, () => writeValue(writer, element));
      writer.string(1, key);
    });
}

function writeValue(writer: Writer, value: Json): void {
  if (value === null) writer.number(1, 0);
  else if (typeof value === "number") writer.double(2, value);
  else if (typeof value === "string") writer.string(3, value);
  else if (typeof value === "boolean") writer.number(4, value ? 1 : 0);
  else if (Array.isArray(value))
    writer.message(6, () => {
      for (const element of value.toReversed()) writer.message(1, () => writeValue(writer, element));
    });
  else writer.message(5, () => writeStruct(writer, value));
}
