import { type Change, type Document, valueAt } from "./document.ts";
import { reducedBy, reductionOf, rulesFor } from "./rules.ts";
import type { Schema } from "./schema.ts";

/** What a destination has to do about one key. */
export interface Row {
  op: "upsert" | "delete";
  document: Document;
  /** It is merged into what the destination has; otherwise it replaces that. */
  partial: boolean;
  /** What the record is with it. Only destinations that keep documents find that out. */
  whole?: Document;
}

/**
 * One row for each key, so that a batch touches no row twice. As at Estuary, the schema's `reduce` annotations alone say
 * whether a document completes earlier ones, stands for the whole, or deletes.
 */
export function reduce(
  changes: readonly Change[],
  key: readonly (readonly string[])[],
  schema: Schema,
): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const { document } of changes) {
    const values = key.map((path) => valueAt(document, path));
    const name = values.length === 1 ? String(values[0]) : JSON.stringify(values);
    const rules = rulesFor([schema], document);
    const { strategy, delete: gone = false } = reductionOf(rules);
    const op = gone ? "delete" : "upsert";
    const earlier = rows.get(name);
    if (strategy === "lastWriteWins") rows.set(name, { op, document, partial: false });
    else if (!earlier) rows.set(name, { op, document, partial: true });
    // Of what was deleted nothing is left to complete.
    else if (earlier.op === "delete") rows.set(name, { op, document, partial: false });
    else {
      const whole = reducedBy(rules, earlier.document, document) as Document;
      rows.set(name, { op, document: whole, partial: earlier.partial });
    }
  }
  return rows;
}

/** What a document makes of the record that a destination has. */
export const completed = (schema: Schema, earlier: Document, later: Document): Document =>
  reducedBy(rulesFor([schema], later), earlier, later) as Document;
