/** A document of a collection. */
export type Document = Record<string, unknown>;

/** JSON that is passed on as the text it came as, so that numbers beyond 2^53 and their spelling survive. */
export class RawJson {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}

/** A document for a collection; what it does there is decided by the collection's schema. */
export interface Change {
  /** Catalog name. */
  collection: string;
  document: Document;
}

/** `/a/b~1c` as `["a", "b/c"]`. */
export const pathOf = (pointer: string): string[] =>
  pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));

/** `["a", "b/c"]` as Estuary names the field: `a/b~1c`. */
export const fieldOf = (path: readonly string[]): string =>
  path.map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1")).join("/");

/** The value at a path; undefined where there is none. */
export function valueAt(document: Document, path: readonly string[]): unknown {
  let value: unknown = document;
  for (const part of path) {
    if (value instanceof RawJson) value = value.toJSON();
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Document)[part];
  }
  return value;
}
