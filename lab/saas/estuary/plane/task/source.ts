import type { Change } from "../collections/document.ts";
import type { Schema } from "../collections/schema.ts";

/** A step of a source: what changed, and where to go on once that is safe in the destination. */
export interface Delivery {
  changes: Change[];
  /** Plain JSON. It may be the same as before: then these changes come again after a restart. */
  position: unknown;
  bytes: number;
  /** Whether the first read of the source is still under way. */
  backfilling: boolean;
}

/** Hands a delivery on; resolves when there is room for the next. */
export type Emit = (delivery: Delivery) => Promise<void>;

/** The source's columns changed: the session restarts and reads them again. */
export class SchemaChanged extends Error {}

/** Trouble that trying again does not mend, e.g. a lost slot. It is tried again all the same, but rarely. */
export class NeedsHand extends Error {}

/** The capture that a source's id belongs to: what is before the bar. */
export const captureOf = (id: string): string => id.split("|", 1)[0] ?? id;

/** One source of documents: a binding of HubSpot's or Slack's capture, or all of PostgreSQL's. */
export interface Source {
  /** Stable name of its position in a checkpoint: `<capture>` or `<capture>|<collection>`. */
  readonly id: string;
  readonly capture: string;
  readonly collections: readonly string[];
  /** What the source itself says of its documents, by collection. */
  discover(): Promise<Map<string, Schema>>;
  /** The position with which `collection` is read again from its beginning. */
  rewind(position: unknown, collection: string): unknown;
  /**
   * Emits until the signal aborts, or throws. Documents up to `position` are safe in the destination. `alive` is called
   * whenever all that the source has was looked at, also where nothing is new.
   */
  run(position: unknown, emit: Emit, signal: AbortSignal, alive: () => void): Promise<void>;
  /** What was delivered up to this position is safe: the source may forget it. */
  acknowledge(position: unknown): void;
  close(): Promise<void>;
}
