import type { CheckFailure } from "../provider.ts";
import type { Properties } from "../values.ts";
import { marshalProperties, unmarshalProperties } from "./marshal.ts";
import { Reader, Writer } from "./protobuf.ts";
import { readStruct, writeStruct } from "./struct.ts";

/** Fields of a message by number, as in Pulumi's provider.proto; other fields are skipped. */
type Kind =
  | "string"
  | "strings"
  | "struct"
  | "bytes"
  | "double"
  | "bool"
  | "number"
  | "failures"
  | "autonaming";
type Table = Record<number, [name: string, kind: Kind]>;

const emptyRequest = (): Request => ({
  urn: "",
  id: "",
  tok: "",
  olds: {},
  oldInputs: {},
  news: {},
  properties: {},
  inputs: {},
  args: {},
  ignoreChanges: [],
  randomSeed: new Uint8Array(),
  timeout: 0,
  preview: false,
});

/** A request of the engine. Fields that its message does not have are empty. */
export interface Request {
  urn: string;
  id: string;
  /** Token of a function. */
  tok: string;
  olds: Properties;
  oldInputs: Properties;
  news: Properties;
  properties: Properties;
  inputs: Properties;
  args: Properties;
  ignoreChanges: string[];
  randomSeed: Uint8Array;
  timeout: number;
  preview: boolean;
  autonaming?: { proposedName: string; mode: number };
}
/** A response; fields that are undefined are not sent. */
export interface Response {
  id?: string;
  properties?: Properties;
  inputs?: Properties;
  return?: Properties;
  failures?: CheckFailure[];
}

const check: Table = {
  1: ["urn", "string"],
  2: ["olds", "struct"],
  3: ["news", "struct"],
  5: ["randomSeed", "bytes"],
  8: ["autonaming", "autonaming"],
};
const diff: Table = {
  1: ["id", "string"],
  2: ["urn", "string"],
  3: ["olds", "struct"],
  4: ["news", "struct"],
  5: ["ignoreChanges", "strings"],
  6: ["oldInputs", "struct"],
};
const autonaming: Table = { 1: ["proposedName", "string"], 2: ["mode", "number"] };

export const requests = {
  check,
  diff,
  checkConfig: check,
  diffConfig: diff,
  configure: { 2: ["args", "struct"] },
  invoke: { 1: ["tok", "string"], 2: ["args", "struct"], 7: ["preview", "bool"] },
  create: {
    1: ["urn", "string"],
    2: ["properties", "struct"],
    3: ["timeout", "double"],
    4: ["preview", "bool"],
  },
  read: {
    1: ["id", "string"],
    2: ["urn", "string"],
    3: ["properties", "struct"],
    4: ["inputs", "struct"],
    10: ["timeout", "double"],
  },
  update: {
    1: ["id", "string"],
    2: ["urn", "string"],
    3: ["olds", "struct"],
    4: ["news", "struct"],
    5: ["timeout", "double"],
    6: ["ignoreChanges", "strings"],
    7: ["preview", "bool"],
    8: ["oldInputs", "struct"],
  },
  delete: {
    1: ["id", "string"],
    2: ["urn", "string"],
    3: ["properties", "struct"],
    4: ["timeout", "double"],
    5: ["oldInputs", "struct"],
  },
} satisfies Record<string, Table>;

const checked: Table = { 1: ["inputs", "struct"], 2: ["failures", "failures"] };
const created: Table = { 1: ["id", "string"], 2: ["properties", "struct"] };
export const responses = {
  check: checked,
  checkConfig: checked,
  invoke: { 1: ["return", "struct"], 2: ["failures", "failures"] },
  create: created,
  read: { ...created, 3: ["inputs", "struct"] },
  update: { 1: ["properties", "struct"] },
} satisfies Record<string, Table>;

function readFields(reader: Reader, table: Table, into: Record<string, unknown>): void {
  for (let tag = reader.next(); tag; tag = reader.next()) {
    const [name, kind] = table[tag.field] ?? ["", undefined];
    if (kind === "string") into[name] = reader.string();
    else if (kind === "strings") into[name] = [...(into[name] as string[]), reader.string()];
    else if (kind === "struct") into[name] = unmarshalProperties(readStruct(reader.message()));
    else if (kind === "bytes") into[name] = reader.bytes();
    else if (kind === "double") into[name] = reader.double();
    else if (kind === "bool") into[name] = reader.varint() !== 0;
    else if (kind === "number") into[name] = reader.varint();
    else if (kind === "autonaming") {
      const nested = { proposedName: "", mode: 0 };
      readFields(reader.message(), autonaming, nested);
      into[name] = nested;
    } else reader.skip(tag.type);
  }
}

/** Reads a protobuf message whose fields a table names; other fields are skipped. */
export const decodeRequest =
  (table: Table) =>
  (bytes: Buffer): Request => {
    const request = emptyRequest();
    readFields(new Reader(bytes), table, request as unknown as Record<string, unknown>);
    return request;
  };

/** Writes a protobuf message whose fields a table names. */
export const encodeResponse =
  (table: Table) =>
  (response: Response): Buffer => {
    const writer = new Writer();
    const values = response as Record<string, unknown>;
    for (const [number, [name, kind]] of Object.entries(table).reverse()) {
      const value = values[name];
      if (value === undefined) continue;
      const field = Number(number);
      if (kind === "string") writer.string(field, value as string);
      else if (kind === "struct")
        writer.message(field, () => writeStruct(writer, marshalProperties(value as Properties)));
      else if (kind === "failures")
        for (const { property, reason } of (value as CheckFailure[]).toReversed())
          writer.message(field, () => {
            writer.string(2, reason);
            writer.string(1, property);
          });
    }
    return writer.finish();
  };

/** The bytes of a google.protobuf.Struct. */
export function structBytes(value: Properties): Buffer {
  const writer = new Writer();
  writeStruct(writer, marshalProperties(value));
  return writer.finish();
}
