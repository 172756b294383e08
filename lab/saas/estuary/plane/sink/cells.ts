import { type Document, RawJson, valueAt } from "../collections/document.ts";
import type { Column } from "../collections/fields.ts";
import type { Row } from "../collections/reduce.ts";

/** What PostgreSQL merges must be without U+0000, which it leaves out elsewhere too. */
const withoutNul = (_: string, value: unknown): unknown =>
  typeof value === "string" ? value.replaceAll("\0", "") : value;

/** A value as text for its column; null where there is none. */
export function cellOf(
  column: Column,
  { document, whole = document }: Pick<Row, "document" | "whole">,
  now: string,
): string | null {
  if (column.synthetic === "published") return now;
  if (column.synthetic === "document") return JSON.stringify(whole);
  const value = valueAt(document, column.path);
  if (value === undefined || value === null) return null;
  if (value instanceof RawJson) return value.text;
  if (column.merges) return JSON.stringify(value, withoutNul);
  if (column.type === "json") return JSON.stringify(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Rows that are written by the same statement. */
export interface Group {
  /** They complete what is there; otherwise they replace it. */
  partial: boolean;
  /** Columns that the statement leaves as they are. */
  kept: ReadonlySet<string>;
  rows: Row[];
}

const isThere = (column: Column, document: Document): boolean =>
  column.path.length === 0 || valueAt(document, column.path) !== undefined;

/** Deletions apart, and one group for each set of columns that partial documents leave alone. */
export function groupsOf(
  columns: readonly Column[],
  rows: Iterable<Row>,
  hardDelete: boolean,
): { deleted: Row[]; groups: Group[] } {
  const deleted: Row[] = [];
  const groups = new Map<string, Group>();
  for (const row of rows) {
    if (row.op === "delete" && hardDelete) {
      deleted.push(row);
      continue;
    }
    const kept = row.partial
      ? columns.filter((one) => !isThere(one, row.document)).map(({ field }) => field)
      : [];
    const name = [row.partial, ...kept].join("\n");
    const group = groups.get(name) ?? { partial: row.partial, kept: new Set(kept), rows: [] };
    group.rows.push(row);
    groups.set(name, group);
  }
  return { deleted, groups: [...groups.values()] };
}
