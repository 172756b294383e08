import { readFileSync } from "node:fs";
import { parse } from "yaml";

/**
 * A value's shape in our notation:
 *
 *   "string", "integer", "boolean", "null"   a type; `string 1..64` and `integer 1..` bound its length or value
 *   "time", "network"                        a moment in RFC 3339, an IPv4 network
 *   "string /^a/"                            a text that matches
 *   '"a" | "b"', "string | null", "Region"   literals, alternatives, a named shape
 *   ["Region"], ["integer 1..65535", 2]      a list, a list of just so many
 *   { id: string, name?: string }            an object; a field with `?` may be missing, others may be added
 *   { "*": Region }                          an object with names of any kind
 */
export type Shape =
  | string
  | readonly [Shape]
  | readonly [Shape, number]
  | { readonly [field: string]: Shape };

export interface Operation {
  /** Lambda's name of it. */
  id: string;
  /** Parameters that the query may have. */
  query?: readonly string[];
  body?: Shape;
  /** Status and body of a success. The body has just these fields. */
  answers: Readonly<Record<string, Shape>>;
  /** Error codes by status, where they are not the `usual` ones. `!`: a suggestion always comes with the message. */
  refusals?: Readonly<Record<string, readonly string[]>>;
}

/** What Lambda's API is, as far as requests and answers can be held against it. */
export interface Facts {
  version: string;
  /** Error codes that every operation has by status, unless it says otherwise. */
  usual: Readonly<Record<string, readonly string[]>>;
  /** By method and path below `/api/v1`. */
  operations: Readonly<Record<string, Operation>>;
  shapes: Readonly<Record<string, Shape>>;
}

const file = (name: string) => new URL(`./${name}.yaml`, import.meta.url);
export const files = { operations: file("operations"), shapes: file("shapes") };

/** The facts in this folder. */
export function committedFacts(): Facts {
  const read = (url: URL) => parse(readFileSync(url, "utf8"));
  return { ...read(files.operations), shapes: read(files.shapes) };
}
