import { identifier, qualified, type Table } from "../kit/postgres/tables.ts";

/**
 * SQL for a HubSpot property as text, of the row `t`. How deep Estuary unfolds a document into columns is a setting of
 * the materialization: each way of it is understood. NULL where the table has no such property.
 */
function property({ columns }: Table, name: string): string {
  const column = [`properties/${name}`, `properties_${name}`, name].find((each) => columns.has(each));
  if (column) return `t.${identifier(column)}::text`;
  const literal = `'${name.replaceAll("'", "''")}'`;
  if (columns.has("properties")) return `(t.properties::jsonb ->> ${literal})`;
  if (columns.has("flow_document")) return `(t.flow_document::jsonb -> 'properties' ->> ${literal})`;
  return "NULL::text";
}

/** HubSpot's values are texts, and some are empty or malformed: those count as unknown. */
const number = (text: string) =>
  `(CASE WHEN ${text} ~ '^-?[0-9]{1,15}(\\.[0-9]+)?$' THEN ${text}::numeric END)`;
/** A day, with or without a time of the day and a zone, as ISO 8601 writes it; the day may still be one too many. */
const iso =
  "^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])" +
  "([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]+)?)?(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?)?$";
// One value that PostgreSQL cannot convert would fail the question for all rows. Only CASE keeps the order of conditions.
const time = (text: string) =>
  `(CASE WHEN ${text} ~ '${iso}' THEN
      CASE WHEN substr(${text}, 9, 2)::int <= extract(day FROM
          make_date(substr(${text}, 1, 4)::int, substr(${text}, 6, 2)::int, 1) + interval '1 month' - interval '1 day')
        THEN ${text}::timestamptz END
    WHEN ${text} ~ '^[0-9]{12,13}$' THEN to_timestamp(${text}::numeric / 1000) END)`;
const truth = (text: string) => `coalesce(${text} = 'true', false)`;

/** Rows that are still there: neither archived at HubSpot nor deleted at the source. */
function alive({ columns }: Table): string {
  const conditions = [
    columns.has("archived") && "t.archived IS NOT TRUE",
    columns.has("_meta/op") && `t."_meta/op" IS DISTINCT FROM 'd'`,
  ].filter((condition) => condition !== false);
  return conditions.length > 0 ? conditions.join(" AND ") : "true";
}

/** Column that holds associated ids as a JSON array. */
const associated = ({ columns }: Table, name: string) =>
  columns.has(name) ? `t.${identifier(name)}::jsonb` : "NULL::jsonb";

/** `SELECT` of the deals, one row each, with typed columns. @param only condition over the rows `t` */
export function dealsOf(table: Table, only = "true"): string {
  const of = (name: string) => property(table, name);
  const stage = of("dealstage");
  return `SELECT t.id::text AS id, ${of("dealname")} AS name, coalesce(${of("pipeline")}, 'default') AS pipeline,
      coalesce(${stage}, 'unknown') AS stage, ${number(of("amount"))} AS amount, ${of("deal_currency_code")} AS currency,
      ${time(of("closedate"))} AS closes_at, ${time(of("createdate"))} AS created_at,
      ${time(of("hs_lastmodifieddate"))} AS changed_at, ${of("hubspot_owner_id")} AS owner_id,
      ${number(of("hs_deal_stage_probability"))} AS probability, ${associated(table, "contacts")} AS contacts,
      (${truth(of("hs_is_closed"))} OR coalesce(${stage} IN ('closedwon', 'closedlost'), false)) AS closed,
      (${truth(of("hs_is_closed_won"))} OR coalesce(${stage} = 'closedwon', false)) AS won
    FROM ${qualified(table)} t WHERE ${alive(table)} AND (${only})`;
}

/**
 * The condition that a row `t` is the object with the id `$n`, for the index on `id`; a text that is no id is of none.
 * HubSpot's ids are whole numbers, and their column is a bigint.
 */
export const isObject = (n: number): string =>
  `t.id = CASE WHEN $${n}::text ~ '^[0-9]{1,18}$' THEN $${n}::text::bigint END`;

/** `SELECT` of the contacts, one row each. */
export function contactsOf(table: Table): string {
  const of = (name: string) => property(table, name);
  return `SELECT t.id::text AS id, ${of("email")} AS email,
      nullif(trim(concat_ws(' ', ${of("firstname")}, ${of("lastname")})), '') AS name, ${of("company")} AS company,
      ${of("jobtitle")} AS title, ${of("phone")} AS phone, ${of("lifecyclestage")} AS lifecycle_stage,
      ${of("hubspot_owner_id")} AS owner_id, ${time(of("lastmodifieddate"))} AS changed_at
    FROM ${qualified(table)} t WHERE ${alive(table)}`;
}
