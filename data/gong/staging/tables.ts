/** One column of a staging table. */
interface Column {
  name: string;
  /** Says something about people; the column's comment in the database begins with the same word. */
  pii?: true;
  /** Where the value is in the record. Left out where it is of our own making. */
  from?: readonly string[];
}

export interface Table {
  /** Also the stream's name, without `_staging`. */
  name: string;
  key: readonly string[];
  /** What comes from Gong, in the order of a row's values. */
  columns: readonly Column[];
  /** Columns that keep the value of the first load. */
  kept?: readonly string[];
  /** What must also hold for a row to be changed. `t` is the row that is there. */
  onlyIf?: string;
}

/** @param path with dots */
const column = (name: string, path?: string): Column => ({ name, ...(path && { from: path.split(".") }) });
const pii = (name: string, path?: string): Column => ({ ...column(name, path), pii: true });

export const calls: Table = {
  name: "gong_calls_staging",
  key: ["call_id"],
  columns: [
    column("call_id"),
    column("workspace_id", "metaData.workspaceId"),
    pii("title", "metaData.title"),
    column("url", "metaData.url"),
    column("scheduled_at", "metaData.scheduled"),
    column("started_at"),
    column("duration_s", "metaData.duration"),
    column("primary_user_id", "metaData.primaryUserId"),
    column("direction", "metaData.direction"),
    column("system", "metaData.system"),
    column("scope", "metaData.scope"),
    column("media", "metaData.media"),
    column("language", "metaData.language"),
    column("purpose", "metaData.purpose"),
    column("is_private", "metaData.isPrivate"),
    pii("parties", "parties"),
    pii("crm_context", "context"),
    column("topics", "content.topics"),
    pii("transcript", "transcript"),
    pii("raw"),
    column("_source_updated_at"),
  ],
};

export const users: Table = {
  name: "gong_users_staging",
  key: ["user_id"],
  columns: [
    column("user_id"),
    pii("email", "emailAddress"),
    pii("first_name", "firstName"),
    pii("last_name", "lastName"),
    column("title", "title"),
    column("manager_id", "managerId"),
    column("active", "active"),
    column("created_at", "created"),
    column("settings", "settings"),
    pii("raw"),
    column("_source_updated_at"),
  ],
};

/** The newest call that was about an object says what the object is like, in whatever order calls are read. */
export const crmEntities: Table = {
  name: "gong_crm_entities_staging",
  key: ["crm_system", "object_type", "object_id"],
  columns: [
    column("crm_system"),
    column("object_type"),
    column("object_id"),
    pii("fields", "fields"),
    column("first_seen_call_id"),
    column("last_seen_call_id"),
    pii("raw"),
    column("_source_updated_at"),
  ],
  kept: ["first_seen_call_id"],
  onlyIf:
    "(excluded._source_updated_at, excluded.last_seen_call_id) >= (t._source_updated_at, t.last_seen_call_id)",
};

/** Stream of a staging table. */
export const streamOf = ({ name }: Table): string => name.replace(/_staging$/, "");

/** What every row says of how it came here. */
const audit = ["_run_id", "_extracted_at", "_loaded_at", "_row_hash"];
const everyColumn = ({ columns }: Table) => [...columns.map(({ name }) => name), ...audit];
const scratch = ({ name }: Table) => `pg_temp.${streamOf({ name } as Table)}_batch`;

/** The session's own table for a batch; emptied by each commit, so that the catalog does not grow by a table a batch. */
export const scratchTable = (table: Table): string =>
  `CREATE TEMP TABLE IF NOT EXISTS ${streamOf(table)}_batch (LIKE ${table.name}) ON COMMIT DELETE ROWS`;

/** @param where `batch`: the session's own table. `table`: the table itself, for rows whose keys it has not */
export const copyInto = (table: Table, where: "batch" | "table"): string =>
  `COPY ${where === "batch" ? scratch(table) : table.name} (${everyColumn(table).join(", ")}) FROM STDIN`;

/**
 * Hashes of rows that are there, by key; for tables whose key is one column. Rows that did not change need not even be
 * copied: most of what is read again is as it was. One that is marked as deleted has none.
 */
export const knownHashes = ({ name, key: [key, ...more] }: Table): string | undefined =>
  more.length > 0
    ? undefined
    : `SELECT ${key} AS key, CASE WHEN _deleted_at IS NULL THEN encode(_row_hash, 'hex') END AS hash
         FROM ${name} WHERE ${key} = ANY ($1)`;

/**
 * Takes the batch over. A row that did not change is not touched: no WAL, nothing to capture, nothing to merge.
 *
 * @param absent columns that a row which is there keeps
 */
export function upsert(table: Table, absent: readonly string[]): string {
  const names = everyColumn(table);
  const changing = names.filter((name) => ![...table.key, ...(table.kept ?? []), ...absent].includes(name));
  const assignments = [...changing.map((name) => `${name} = excluded.${name}`), "_deleted_at = NULL"];
  const condition = [
    "(t._row_hash IS DISTINCT FROM excluded._row_hash OR t._deleted_at IS NOT NULL)",
    ...(table.onlyIf ? [table.onlyIf] : []),
  ];
  return `INSERT INTO ${table.name} AS t (${names.join(", ")})
    SELECT ${names.join(", ")} FROM ${scratch(table)}
    ON CONFLICT (${table.key.join(", ")}) DO UPDATE SET ${assignments.join(", ")}
    WHERE ${condition.join(" AND ")}`;
}
