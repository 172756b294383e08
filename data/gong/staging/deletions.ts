import type { ClientBase } from "pg";
import { calls, users } from "./tables.ts";

type Client = Pick<ClientBase, "query">;

/**
 * An answer without any record is not believed where staging has at least so many: Gong says that nothing was found also
 * while it cannot find anything, and all rows of a window would be marked at once.
 */
const doubtful = 10;

/** What marking came to. */
interface Marked {
  rows: number;
  /** Why nothing was marked although Gong listed nothing. */
  doubt: string | undefined;
}

/** A list of Gong's that was read to its end. */
interface Listed {
  table: string;
  key: string;
  /** What the list is about, as SQL and its values. */
  where: string;
  values: readonly string[];
  what: string;
  seen: readonly string[];
}

async function mark(client: Client, { table, key, where, values, what, seen }: Listed, runId: string) {
  const living = `${where} AND _deleted_at IS NULL`;
  if (seen.length === 0) {
    const { rows } = await client.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM ${table} WHERE ${living}`,
      [...values],
    );
    const n = rows[0]?.n ?? 0;
    if (n >= doubtful)
      return { rows: 0, doubt: `Gong listed no ${what}, where staging has ${n}: none was marked as deleted` };
  }
  const next = values.length + 1;
  const gone = await client.query(
    `UPDATE ${table} SET _deleted_at = now(), _loaded_at = now(), _run_id = $${next}
     WHERE ${living} AND ${key} <> ALL ($${next + 1}::text[])`,
    [...values, runId, seen],
  );
  return { rows: gone.rowCount ?? 0, doubt: undefined };
}

/** Marks the calls of a window that Gong no longer has. */
export const markCalls = (
  client: Client,
  { from, to, seen }: { from: string; to: string; seen: readonly string[] },
  runId: string,
): Promise<Marked> =>
  mark(
    client,
    {
      table: calls.name,
      key: "call_id",
      where: "started_at >= $1 AND started_at < $2",
      values: [from, to],
      what: `calls from ${from} to ${to}`,
      seen,
    },
    runId,
  );

/** Marks users that Gong no longer has. */
export const markUsers = (client: Client, seen: readonly string[], runId: string): Promise<Marked> =>
  mark(client, { table: users.name, key: "user_id", where: "true", values: [], what: "users", seen }, runId);
