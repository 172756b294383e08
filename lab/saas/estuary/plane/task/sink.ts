import type { Column } from "../collections/fields.ts";
import type { Row } from "../collections/reduce.ts";
import type { Schema } from "../collections/schema.ts";

/** What a destination remembers of a binding. */
export interface Applied {
  table: string;
  /** Counter with which the table was made. */
  backfill: number;
  /** Column types by field. */
  fields: Record<string, string>;
}

/** Kept in the destination, written in the same transaction as the rows. Plain JSON. */
export interface Checkpoint {
  /** Positions by source. */
  positions: Record<string, unknown>;
  /** By collection. */
  applied: Record<string, Applied>;
}
/** The checkpoint of a task that wrote nothing yet. */
export const emptyCheckpoint = (): Checkpoint => ({ positions: {}, applied: {} });

/** A binding of a materialization with all that is decided about it. */
export interface Binding {
  collection: string;
  /** Where a destination has several; not quoted, like schema and table. */
  database?: string;
  schema: string;
  table: string;
  columns: Column[];
  backfill: number;
  additionalSql?: string;
}

/** Where a binding's table is. */
export type TableName = Pick<Binding, "database" | "schema" | "table">;

/** What to do with a table before rows go into it. */
export type TablePlan =
  | { do: "nothing" }
  | { do: "create" }
  | { do: "add"; columns: Column[] }
  | { do: "empty"; columns: Column[] }
  | { do: "replace"; why: string };

export interface Work {
  binding: Binding;
  /** The collection's, which says what a partial document makes of a record. */
  schema: Schema;
  rows: Map<string, Row>;
}

/** Another session opened the destination since: nothing of this one may count any more. */
export class FencedOff extends Error {
  constructor(task: string) {
    super(`${task}: this instance was fenced off by another`);
  }
}

/** A destination, as one session at a time sees it. */
export interface Sink {
  /** Connects, shuts out sessions that were before, and reads what was remembered. */
  open(): Promise<Checkpoint>;
  /** Names, not quoted, of those of these tables that exist. */
  existing(tables: readonly TableName[]): Promise<Set<string>>;
  /** Makes tables as planned and remembers that. */
  apply(plans: readonly { binding: Binding; plan: TablePlan }[], checkpoint: Checkpoint): Promise<void>;
  /** Rows and checkpoint in one transaction. `publishedAt` is ISO 8601. */
  commit(work: readonly Work[], checkpoint: Checkpoint, publishedAt: string): Promise<void>;
  /** Forgets what was remembered; the tables stay. */
  forget(): Promise<void>;
  close(): Promise<void>;
}
