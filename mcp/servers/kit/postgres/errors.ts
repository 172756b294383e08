import pg from "pg";
import { messageOf } from "../../../../components/core/errors.ts";
import { cut } from "../cut.ts";
import { ToolError } from "../tool.ts";

/** What a message needs to know of the connection. */
export interface ConnectionTarget {
  host: string;
  port: number;
  database: string;
  user: string;
  /** Seconds. */
  timeout: number;
}

/** Characters of a message of PostgreSQL that are shown: it may quote a value of any length. */
const maxMessage = 2000;

const lookAtTables = "`list_tables` and `describe_table` of sophia_data_intelligence show what there is.";

/** What to do about an error of PostgreSQL, by SQLSTATE or its class. */
const advice: Record<string, (target: ConnectionTarget) => string> = {
  "57014": () => "Narrow it: fewer rows, a shorter time range, an indexed column.",
  "55P03": () => "Somebody changes that table right now: try again in a minute.",
  "25006": () => "This server only reads: send a SELECT.",
  "25001": () => "This server only reads: send a SELECT.",
  "42501": ({ user }) =>
    `Name only columns that \`describe_table\` does not show as unreadable, or ask another table: comments in \`list_tables\` name it. More takes a GRANT to ${user} by a migration.`,
  "42P01": () => lookAtTables,
  "42703": () => lookAtTables,
  "42601": () => "Send one SELECT, VALUES or WITH query, without a semicolon and without anything behind it.",
  "53300": () => "All connections are taken: try again in a minute.",
  "28P01": ({ user }) => `The password of ${user} is not accepted: update the stack, so that it is set anew.`,
  "28000": ({ user, database }) =>
    `${user} may not connect to ${database}: update the stack, which makes the logins and their rights.`,
  "3D000": () => "Update the stack: the database is made with PostgreSQL.",
  "22": () => "Correct the statement.",
  "42": () => "Correct the statement.",
  "0A": () => "Correct the statement.",
  "57": () => "PostgreSQL restarts: try again in a minute.",
  "08": () => "PostgreSQL restarts, or is out of reach: try again in a minute.",
};

const words: Record<string, (target: ConnectionTarget) => string> = {
  "57014": ({ timeout }) => `The statement took longer than ${timeout} s and was stopped`,
  "25006": () => "The statement would change something",
  "25001": () => "The statement would make its transaction writable",
};

/**
 * What a tool says about an error of the database: what happened, and what to do.
 *
 * @param prefix characters that were put before the caller's statement, so that positions are the caller's
 */
export function databaseError(cause: unknown, target: ConnectionTarget, prefix = 0): ToolError {
  if (cause instanceof ToolError) return cause;
  if (cause instanceof pg.DatabaseError && cause.code !== undefined) {
    const todo = (advice[cause.code] ?? advice[cause.code.slice(0, 2)])?.(target);
    const said =
      words[cause.code]?.(target) ??
      `PostgreSQL says: ${cut(cause.message, maxMessage)}${where(cause, prefix)}`;
    return new ToolError(said, todo ?? `Look at PostgreSQL's log if it stays (SQLSTATE ${cause.code}).`, {
      cause,
    });
  }
  const { host, port } = target;
  return new ToolError(
    `PostgreSQL cannot be reached at ${host}:${port}: ${messageOf(cause)}`,
    "Check that it runs, and that this server may reach it; `list_pods` of sophia_infrastructure shows it.",
    { cause },
  );
}

function where({ position }: pg.DatabaseError, prefix: number): string {
  const at = Number(position ?? 0) - prefix;
  return at > 0 ? ` (at character ${at})` : "";
}
