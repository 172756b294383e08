import type pg from "pg";
import { loadedAt, tableOf } from "../../estuary/spec/streams.ts";
import { fieldReasons } from "../../gong/source/drift.ts";
import { inTransaction } from "../../kit/database.ts";
import { type Columns, identifier } from "../checks/sql.ts";
import type { StreamChecks } from "../checks/streams.ts";
import {
  type Came,
  type Changes,
  compare,
  compareColumns,
  type Fields,
  type Form,
  type Look,
  noChanges,
} from "./judge.ts";

/** What is remembered of a stream: `stream_fields.remembered`. */
interface Remembered {
  /** Types of the table's columns. */
  columns: Record<string, string>;
  fields?: Fields;
  /** When the newest row was loaded that was looked at, in seconds since 1970. */
  through?: number;
  /** When the newest record was made at the source, in seconds since 1970. */
  made?: number | null;
}

/** Of the rows that came since the look before, at most so many are looked at. */
const sample = 1000;
/** Moments are known to the millisecond; a row that was looked at is not looked at again. */
const rounded = "interval '1 millisecond'";

/**
 * Rows loaded between two moments, and the fields that they have, by form. One statement, which reads the table once, as the
 * checks do. Of many rows those of new records first, which alone show that a field is gone. `$1` and `$2`: when they were
 * loaded; `$3`: records made later are new ones; all in seconds since 1970.
 */
function lookSql({ stream, fields }: StreamChecks): string {
  const column = (name: string) => `t.${identifier(name)}`;
  const made = fields?.madeAt
    ? `extract(epoch FROM ${column(fields.madeAt)}::timestamptz)::float8`
    : "NULL::float8";
  const [picked, text] = fields?.in
    ? [column(fields.in), "picked::text"]
    : ["t", "row_to_json(picked)::text"];
  const loaded = `${column(loadedAt)}::timestamptz`;
  // HubSpot sends properties without a value, too; a column without one is a field that did not come.
  const without = fields?.in ? "" : "AND value <> 'null'";
  // A column of JSON may have U+0000, of which PostgreSQL makes no jsonb: the record would stop all checks for good.
  return `WITH picked AS MATERIALIZED (
      SELECT ${picked} AS picked, ${made} AS made, coalesce(${made} > $3::float8, true) AS new
        FROM ${identifier(tableOf(stream))} t
       WHERE ${loaded} > to_timestamp($1) + ${rounded} AND ${loaded} <= to_timestamp($2) + ${rounded}
       ORDER BY new DESC, random() LIMIT ${sample}),
    fresh AS MATERIALIZED (
      SELECT CASE jsonb_typeof(text::jsonb) WHEN 'object' THEN text::jsonb ELSE '{}' END AS record, made, new
        FROM (SELECT ${text} AS text, made, new FROM picked) AS texts WHERE strpos(text, '\\u0000') = 0),
    whole AS (SELECT count(*) FILTER (WHERE new) AS records, max(made) AS made FROM fresh)
    SELECT whole.records, whole.made, name, form, count(name) AS there, count(name) FILTER (WHERE new) AS came
      FROM whole LEFT JOIN (
        SELECT name, new, CASE
            WHEN value = '""' THEN 'null'
            WHEN jsonb_typeof(value) <> 'string' THEN jsonb_typeof(value)
            WHEN value #>> '{}' ~ '^-?[0-9]+([.][0-9]+)?$' THEN 'number'
            WHEN value #>> '{}' IN ('true', 'false') THEN 'boolean'
            WHEN value #>> '{}' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}' THEN 'time'
            ELSE 'text' END AS form
          FROM fresh, jsonb_each(record) AS field (name, value)
         WHERE name NOT LIKE '\\_%' ${without}) AS field ON true
     GROUP BY whole.records, whole.made, name, form`;
}

interface Line {
  records: string;
  made: number | null;
  name: string | null;
  form: Form | "null" | null;
  there: string;
  came: string;
}

/** The statement's lines as one look. Pure. */
function lookOf(lines: readonly Line[]): Look {
  const came: Record<string, Came> = {};
  for (const { name, form, ...counts } of lines) {
    if (name === null || form === null) continue;
    const { records = 0, forms = {} } = came[name] ?? {};
    came[name] = {
      records: records + Number(counts.came),
      forms: form === "null" ? forms : { ...forms, [form]: Number(counts.there) },
    };
  }
  return { records: Number(lines[0]?.records ?? 0), came };
}

/** Whether records can be read: a column that is gone, or of another type, is told of, and stops nothing. */
const canLook = ({ in: place, madeAt }: NonNullable<StreamChecks["fields"]>, columns: Columns): boolean =>
  [
    { name: place, type: /^jsonb?$/ },
    { name: madeAt, type: /^timestamp/ },
  ].every(({ name, type }) => name === undefined || type.test(columns.get(name) ?? ""));

const leaving = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));

const notes = {
  added: "it is kept as the source sends it",
  gone: "new records have none; older ones keep theirs",
  changed: "its values have another form than before",
} as const;

/** As `error_logs` keeps it, where the alerts' metrics are counted. */
const issuesOf = (changes: Changes, path: (name: string) => string) =>
  (["added", "gone", "changed"] as const).flatMap((kind) =>
    changes[kind].map((name) => ({ key: path(name), reason: fieldReasons[kind], message: notes[kind] })),
  );

/**
 * Looks at what HubSpot's or Slack's records have since the look before, and at their table's columns. A change is logged
 * once, in the transaction that remembers it.
 *
 * @param newest when the newest row was loaded, in seconds since 1970
 */
export async function watchFields(
  client: pg.ClientBase,
  stream: StreamChecks,
  { columns, newest, runId }: { columns: Columns; newest: number | undefined; runId: string },
): Promise<void> {
  if (!stream.fields) return;
  const { in: place } = stream.fields;
  const { rows } = await client.query<{ remembered: Remembered }>(
    "SELECT remembered FROM stream_fields WHERE stream = $1",
    [stream.stream],
  );
  const before = rows[0]?.remembered;
  const now = Object.fromEntries([...columns].sort());
  const inColumns = compareColumns(before?.columns, now);
  const isNew = canLook(stream.fields, columns) && newest !== undefined && newest !== before?.through;
  if (before && !isNew && Object.values(inColumns).every((names) => names.length === 0)) return;

  let after: Remembered = { ...before, columns: now };
  let inRecords = noChanges;
  if (isNew) {
    const { rows: lines } = await client.query<Line>(lookSql(stream), [
      before?.through ?? 0,
      newest,
      before?.made ?? null,
    ]);
    // What is told of as a column is not told of as a field again.
    const told = place === undefined ? [...inColumns.gone, ...inColumns.changed] : [];
    const known = before?.fields && leaving(before.fields, told);
    const { fields, ...changes } = compare(known, lookOf(lines));
    // Where each column is a field, a new one is told of as a column, and an empty one is no new field.
    inRecords = { ...changes, added: place === undefined ? [] : changes.added };
    const made = Math.max(before?.made ?? 0, lines[0]?.made ?? 0);
    after = { ...after, fields, through: newest, made: made > 0 ? made : null };
  }
  const within = place === undefined ? "" : `${place}/`;
  const found = [
    ...issuesOf(inColumns, (name) => `column ${name}`),
    ...issuesOf(inRecords, (name) => `${within}${name}`),
  ];
  await inTransaction(client, async () => {
    await client.query(
      `INSERT INTO stream_fields (stream, remembered) VALUES ($1, $2::jsonb)
       ON CONFLICT (stream) DO UPDATE SET remembered = excluded.remembered, updated_at = now()`,
      [stream.stream, JSON.stringify(after)],
    );
    for (const { key, reason, message } of found)
      await client.query(
        "INSERT INTO error_logs (run_id, source, stream, key, reason, issues) VALUES ($1, $2, $3, $4, $5, $6::jsonb)",
        [runId, stream.source, stream.stream, key, reason, JSON.stringify([{ path: key, message }])],
      );
  });
}
