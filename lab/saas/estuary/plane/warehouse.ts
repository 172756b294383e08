import type { SnowflakeConfig } from "./types.ts";

/** A value on its way into the warehouse: times and JSON are text. */
export type Cell = string | number | boolean | null;

/**
 * One session in the lab's Snowflake. Statements run one after the other in that session, so that `BEGIN`, `COMMIT` and
 * temporary tables work; a failed one rejects with Snowflake's message and leaves the session usable.
 */
export interface Warehouse {
  /** One statement of Snowflake's SQL, with `?` for each bind. Rows by column name, as the statement spells it. */
  execute(sql: string, binds?: readonly Cell[]): Promise<Record<string, unknown>[]>;
  /** Appends rows to a table. `table` and `columns` are quoted already; columns that are not named stay null. */
  load(table: string, columns: readonly string[], rows: readonly (readonly Cell[])[]): Promise<void>;
  /** Ends the session; what was not committed is gone. */
  close(): Promise<void>;
}

/** Opens a session as the materialization's user and role, in its database, schema and warehouse. */
export type OpenWarehouse = (config: SnowflakeConfig) => Promise<Warehouse>;
