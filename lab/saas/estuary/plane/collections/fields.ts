import type { FieldSelection } from "../types.ts";
import { fieldOf, pathOf } from "./document.ts";
import { reductionOf } from "./rules.ts";
import { type ColumnType, columnTypeOf, propertiesOf, type Schema, schemaAt, typesOf } from "./schema.ts";

/** A column of a materialized table. */
export interface Column {
  /** Its name: the field's path from the root, e.g. `properties/email`. */
  field: string;
  path: string[];
  type: ColumnType;
  key: boolean;
  /** For the column's comment. */
  types: string[];
  /** Objects that are completed, not replaced, by later ones. */
  merges?: true;
  /** What it holds instead of a part of the document: when that was published, or all of it. */
  synthetic?: "published" | "document";
}

export const publishedAt = "flow_published_at";
const wholeDocument = "flow_document";

/**
 * The field of the publication time is taken: a property of that name gets no field of its own, and Estuary refuses the
 * collection. Tables that Estuary made have such a column.
 */
export const remapped = (field: string): string =>
  `projection ${field} is the canonical field name of location "/${field}", and cannot re-map it to "/_meta/uuid"`;

const op = ["_meta", "op"];

/**
 * The columns of a binding in Estuary's order: keys as the collection has them, other fields by name, the document last.
 * Named fields are taken at any depth; without a name, fields down to `recommended`, and of the metadata `_meta/op` only.
 * Without the document what each document has is taken as well, as its parts are all that is stored of it.
 */
export function columnsOf(
  key: readonly string[],
  schema: Schema,
  selection: FieldSelection,
  withDocument: boolean,
  published = publishedAt,
): Column[] {
  if (propertiesOf(schema)[published]) throw new Error(remapped(published));
  const column = (path: string[], at: Schema, isKey = false): Column => ({
    field: fieldOf(path),
    path,
    type: columnTypeOf(at),
    key: isKey,
    types: typesOf(at),
    ...(reductionOf([at]).strategy === "merge" && { merges: true }),
  });
  const keys = key.map((pointer) => {
    const path = pathOf(pointer);
    return column(path, schemaAt(schema, path) ?? {}, true);
  });
  const taken = new Map<string, Column>();
  const add = (path: string[], at: Schema) => taken.set(fieldOf(path), column(path, at));
  if (selection.recommended > 0) {
    for (const found of recommended(schema, [], selection.recommended)) add(found.path, found.schema);
    const meta = schemaAt(schema, op);
    if (meta) add(op, meta);
  }
  for (const field of selection.require) {
    const path = pathOf(`/${field}`);
    const at = schemaAt(schema, path);
    if (!at && field !== published && field !== wholeDocument) {
      throw new Error(
        `field ${field} is required by the binding, and the collection's schema has no such place`,
      );
    }
    if (at) add(path, at);
  }
  if (!withDocument) {
    const all = Array.isArray(schema.required) ? schema.required.map(String) : [];
    for (const name of all) if (!taken.has(fieldOf([name]))) add([name], schemaAt(schema, [name]) ?? {});
    const missed = all.find((name) => selection.exclude.includes(fieldOf([name])));
    if (missed !== undefined)
      throw new Error(`field ${missed} is excluded, and required where flow_document is not materialized`);
  }
  for (const field of [...selection.exclude, ...keys.map((one) => one.field)]) taken.delete(field);
  taken.set(published, {
    field: published,
    path: [],
    type: "timestamp",
    key: false,
    types: ["string"],
    synthetic: "published",
  });
  const values = [...taken.values()].sort((a, b) => (a.field < b.field ? -1 : 1));
  const whole: Column = {
    field: wholeDocument,
    path: [],
    type: "json",
    key: false,
    types: ["object"],
    synthetic: "document",
  };
  return [...keys, ...values, ...(withDocument ? [whole] : [])];
}

function* recommended(
  schema: Schema,
  path: string[],
  depth: number,
): Generator<{ path: string[]; schema: Schema }> {
  for (const [name, at] of Object.entries(propertiesOf(schema))) {
    if (path.length === 0 && name === "_meta") continue;
    const here = [...path, name];
    const nested = typesOf(at).join() === "object" && Object.keys(propertiesOf(at)).length > 0;
    if (nested && depth > 1) yield* recommended(at, here, depth - 1);
    else yield { path: here, schema: at };
  }
}
