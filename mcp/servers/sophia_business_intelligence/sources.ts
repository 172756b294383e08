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
  "crm_context",
  "_deleted_at",
];

/** Calls nobody knows of, where Gong's tables are not needed and not there. */
const noCalls =
  "SELECT NULL::text AS call_id, NULL::timestamptz AS started_at, NULL::jsonb AS crm_context WHERE false";

const callsOf = (table: string, only = "true") =>
  `SELECT c.* FROM ${table} c WHERE c._deleted_at IS NULL AND c.is_private IS NOT TRUE AND (${only})`;

const sources = {
  deals: async (query: Query) => dealsOf(await pipelineTable(query, "hubspot_deals_staging", ["id"])),
  contacts: async (query: Query) =>
    contactsOf(await pipelineTable(query, "hubspot_contacts_staging", ["id"])),
  calls: async (query: Query, only?: string) =>
    callsOf(qualified(await pipelineTable(query, "gong_calls", callColumns)), only),
  /** As `calls`, and empty where there are none yet. */
  callsIfThere: async (query: Query) =>
    (await pipelineTableIfThere(query, "gong_calls"))
      ? callsOf(qualified(await pipelineTable(query, "gong_calls", callColumns)))
      : noCalls,
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

/** Deals that a call was about, by Gong's record of the CRM. */
const dealCalls = `SELECT DISTINCT c.call_id, c.started_at, o.value ->> 'objectId' AS deal_id
    FROM calls c, jsonb_path_query(c.crm_context, '$[*].objects[*] ? (@.objectType == "Deal")') AS o(value)`;

/**
 * The beginning of a statement over some sources.
 *
 * @param calls condition over the calls `c`. One that stands after the `WITH` would come too late: PostgreSQL reads a source
 *   that is used more than once as a whole.
 * @throws ToolError for a table that is missing, with who makes it
 */
export async function withSources(
  query: Query,
  names: readonly Source[],
  { calls }: { calls?: string } = {},
): Promise<string> {
  const parts: string[] = [];
  for (const name of names) {
    const read: (query: Query, calls?: string) => Promise<string> = sources[name];
    parts.push(`${name === "callsIfThere" ? "calls" : name} AS (${await read(query, calls)})`);
    if (name === "calls" || name === "callsIfThere") parts.push(`deal_calls AS (${dealCalls})`);
  }
  return `WITH ${parts.join(",\n")}\n`;
}

/** A piece of text that is looked for as it is written, anywhere and in any case. */
export const anywhere = (text: string): string => `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
