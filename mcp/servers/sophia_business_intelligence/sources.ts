import type { Query } from "../kit/postgres/database.ts";
import { pipelineTable, pipelineTableIfThere, qualified } from "../kit/postgres/tables.ts";
import { contactsOf, dealsOf } from "./hubspot.ts";

/** What a question is asked of. Each becomes a `WITH` of that name. */
export type Source = keyof typeof sources;

const callColumns = [
  "call_id",
  "title",
  "started_at",
  "duration_s",
  "primary_user_id",
  "is_private",
  "parties",
  "_deleted_at",
];

/** Of calls nobody knows, where Gong's tables are not there. */
const noDealCalls =
  "SELECT NULL::text AS deal_id, NULL::text AS call_id, NULL::timestamptz AS started_at WHERE false";

const callsOf = (table: string, only = "true") =>
  `SELECT c.* FROM ${table} c WHERE c._deleted_at IS NULL AND c.is_private IS NOT TRUE AND (${only})`;

const sources = {
  deals: async (query: Query, only?: string) =>
    dealsOf(await pipelineTable(query, "hubspot_deals_staging", ["id"]), only),
  contacts: async (query: Query) =>
    contactsOf(await pipelineTable(query, "hubspot_contacts_staging", ["id"])),
  calls: async (query: Query, only?: string) =>
    callsOf(qualified(await pipelineTable(query, "gong_calls", callColumns)), only),
  /**
   * Which calls were about a deal, by Gong's record of the CRM; empty where there are none yet. A table beside the calls,
   * because PostgreSQL looks into no index for a condition over JSON in a view with a barrier.
   */
  deal_calls: async (query: Query) => {
    const table = await pipelineTableIfThere(query, "gong_call_deals");
    return table ? `SELECT l.deal_id, l.call_id, l.started_at FROM ${qualified(table)} l` : noDealCalls;
  },
  users: async (query: Query) => {
    const table = await pipelineTable(query, "gong_users_staging", [
      "user_id",
      "email",
      "first_name",
      "last_name",
    ]);
    return `SELECT u.user_id, lower(u.email) AS email, nullif(trim(concat_ws(' ', u.first_name, u.last_name)), '') AS name
      FROM ${qualified(table)} u`;
  },
  messages: async (query: Query) => {
    const table = await pipelineTable(query, "slack_messages_staging", ["ts", "channel_id", "user"]);
    const thread = table.columns.has("thread_ts") ? "m.thread_ts::text" : "NULL::text";
    return `SELECT m.ts::text AS ts, m.channel_id::text AS channel_id, m."user"::text AS author, ${thread} AS thread_ts
      FROM ${qualified(table)} m`;
  },
  channels: async (query: Query) => {
    const table = await pipelineTable(query, "slack_channels_staging", ["id", "name"]);
    return `SELECT c.id::text AS id, c.name::text AS name FROM ${qualified(table)} c`;
  },
} as const;

/**
 * The beginning of a statement over some sources.
 *
 * @param only conditions over the calls `c` and the deals `t`. One that stands after the `WITH` would come too late:
 *   PostgreSQL reads a source that is used more than once as a whole.
 * @throws ToolError for a table that is missing, with who makes it
 */
export async function withSources(
  query: Query,
  names: readonly Source[],
  only: { calls?: string; deals?: string } = {},
): Promise<string> {
  const conditions: Partial<Record<Source, string>> = only;
  const parts: string[] = [];
  for (const name of names) {
    const read: (query: Query, only?: string) => Promise<string> = sources[name];
    parts.push(`${name} AS (${await read(query, conditions[name])})`);
  }
  return `WITH ${parts.join(",\n")}\n`;
}

/** A piece of text that is looked for as it is written, anywhere and in any case. */
export const anywhere = (text: string): string => `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
