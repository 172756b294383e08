import { type Change, type Document, valueAt } from "./document.ts";

/** What a destination has to do about one key. */
export interface Row {
  op: "upsert" | "delete";
  document: Document;
  partial: boolean;
}

/** The last word on each key, so that a batch touches no row twice. Later partial documents complete earlier ones. */
export function reduce(changes: readonly Change[], key: readonly (readonly string[])[]): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const { op, document, partial = false } of changes) {
    const values = key.map((path) => valueAt(document, path));
    const name = values.length === 1 ? String(values[0]) : JSON.stringify(values);
    const earlier = rows.get(name);
    if (earlier && partial && earlier.op === "upsert") {
      rows.set(name, { op, document: { ...earlier.document, ...document }, partial: earlier.partial });
    } else rows.set(name, { op, document, partial });
  }
  return rows;
}
