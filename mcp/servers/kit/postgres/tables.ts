import { ToolError } from "../tool.ts";
import type { Query, Row } from "./database.ts";

/** A table or view as the database has it. */
export interface Table {
  schema: string;
  name: string;
  /** Types by column, in the table's order. */
  columns: ReadonlyMap<string, string>;
  /** PostgreSQL's own estimate. It has none of a view, and of a table that it has not looked at yet. */
  rows: number | null;
  comment: string | null;
}

/** What tools say of a table's size: nothing where nobody knows. */
export const estimateOf = ({ rows }: Pick<Table, "rows">) => (rows === null ? {} : { rowsEstimate: rows });

const byMigration = "The migrations in data/migrations make it: update the stack.";
const byEstuary =
  "Estuary makes it with the first publication of its captures: set the pipeline's secrets and update the stack.";

/** Tables and views of the pipeline, and who makes them. */
export const pipelineTables = {
  pipeline_status: byMigration,
  data_quality_metrics: byMigration,
  sync_history: byMigration,
  error_logs: byMigration,
  gong_calls: byMigration,
  gong_call_deals: byMigration,
  gong_calls_staging: byMigration,
  gong_users_staging: byMigration,
  gong_crm_entities_staging: byMigration,
  hubspot_contacts_staging: byEstuary,
  hubspot_deals_staging: byEstuary,
  slack_messages_staging: byEstuary,
  slack_channels_staging: byEstuary,
} as const;
export type PipelineTable = keyof typeof pipelineTables;

/** A name in quotes, for SQL. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
/** A table as statements name it. */
export const qualified = ({ schema, name }: Pick<Table, "schema" | "name">): string =>
  `${identifier(schema)}.${identifier(name)}`;

const catalogue = `
  SELECT n.nspname AS schema, c.relname AS name,
    CASE WHEN c.relkind <> 'v' AND c.reltuples >= 0 THEN c.reltuples::float8 END AS rows, obj_description(c.oid, 'pg_class') AS comment,
    coalesce(json_object_agg(a.attname, format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum)
      FILTER (WHERE a.attname IS NOT NULL), '{}') AS columns
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND ($1::text[] IS NULL OR c.relname = ANY ($1))
    AND (NOT $2::boolean OR has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT'))
  GROUP BY c.oid, n.nspname
  ORDER BY n.nspname <> 'staging', n.nspname, c.relname`;

interface CatalogueRow extends Row {
  schema: string;
  name: string;
  rows: number | null;
  comment: string | null;
  columns: Record<string, string>;
}

/** Tables of those names, or all; those in the schema `staging` first. */
export async function tablesOf(query: Query, names?: readonly string[]): Promise<Table[]> {
  return described(await query<CatalogueRow>(catalogue, [names ?? null, false]));
}

/** Tables of which the login may read a column at least. */
export async function readableTables(query: Query): Promise<Table[]> {
  return described(await query<CatalogueRow>(catalogue, [null, true]));
}

const described = (rows: CatalogueRow[]): Table[] =>
  rows.map(({ columns, ...rest }) => ({ ...rest, columns: new Map(Object.entries(columns)) }));

/**
 * One table of the pipeline with the columns that a tool needs.
 *
 * @throws ToolError that says what is missing, and who makes it
 */
export async function pipelineTable(
  query: Query,
  name: PipelineTable,
  columns: readonly string[] = [],
): Promise<Table> {
  const found = await pipelineTableIfThere(query, name);
  if (!found) throw new ToolError(`There is no table ${name} yet`, pipelineTables[name]);
  const missing = columns.filter((column) => !found.columns.has(column));
  if (missing.length > 0) {
    throw new ToolError(
      `The table ${found.schema}.${name} has no column ${missing.join(", ")}`,
      pipelineTables[name],
    );
  }
  return found;
}

/** The same where a tool can do without it. */
export async function pipelineTableIfThere(query: Query, name: PipelineTable): Promise<Table | undefined> {
  const [table] = await tablesOf(query, [name]);
  return table;
}
