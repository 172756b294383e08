import { z } from "zod";
import { outsideOf } from "../kit/cut.ts";
import type { Database } from "../kit/postgres/database.ts";
import { offsetOf, pageOfMore, paging, type Tool, ToolError, tool } from "../kit/tool.ts";
import { anywhere, withSources } from "./sources.ts";

/** @throws ToolError for a period that has no day */
export function refuseBackwards({ from, to }: { from?: string | undefined; to?: string | undefined }): void {
  if (from === undefined) return;
  // Both are days as ISO 8601 writes them, which sort as text.
  const last = to ?? new Date().toISOString().slice(0, 10);
  if (from > last)
    throw new ToolError(
      `The period ends before it begins: ${from} to ${last}`,
      "Swap `from` and `to`, or leave one out.",
    );
}

/** Days a question may look at, from the first to the last inclusive, in UTC. */
export const period = {
  from: z.iso.date().optional().describe("first day, e.g. 2026-11-01; left out: 30 days before the last"),
  to: z.iso.date().optional().describe("last day; left out: today"),
};

/**
 * The condition of a period over a column of time; parameters `$n` and `$n+1`. It compares times with times: of a view with
 * a barrier, PostgreSQL looks up nothing else in an index.
 */
export const within = (column: string, n: number): string =>
  `${column} < (coalesce($${n + 1}::date, current_date) + 1)::timestamptz
   AND ${column} >= coalesce($${n}::date, coalesce($${n + 1}::date, current_date) - 30)::timestamptz`;

/** The condition of the week with the day `$n`, from Monday. */
const inWeekOf = (column: string, n: number): string =>
  `${column} >= date_trunc('week', coalesce($${n}::date, current_date)::timestamptz)
   AND ${column} < date_trunc('week', coalesce($${n}::date, current_date)::timestamptz) + interval '7 days'`;

/** A party of a call as rows: who, and whether from outside. */
const parties = `parties AS (
    SELECT c.call_id, c.started_at, c.duration_s, lower(p.value ->> 'emailAddress') AS email, p.value ->> 'name' AS name,
      coalesce(p.value ->> 'affiliation', 'Unknown') AS affiliation
    FROM calls c, jsonb_array_elements(CASE WHEN jsonb_typeof(c.parties) = 'array' THEN c.parties ELSE '[]' END) AS p(value))`;

/** Outside participants that a listed call shows. */
const mostOutside = 20;

/** A row with its outside participants cut, and the number of those left out. */
const withOutside = ({ outside, ...call }: Record<string, unknown>) => ({
  ...call,
  ...outsideOf(outside as string[], mostOutside),
});

/** Questions about calls. */
export const callTools = (database: Database): Tool[] => [
  tool({
    name: "list_calls_of_week",
    description:
      "List the calls of a week (Monday to Sunday, UTC) with owner, length and outside participants; `outsideLeftOut` counts those not shown.",
    input: z.object({
      day: z.iso.date().optional().describe("any day of the week; left out: this week"),
      owner: z.string().max(200).optional().describe("part of the owner's name or e-mail address"),
      ...paging,
    }),
    run: (input, { signal }) =>
      database.read(signal, async (query) => {
        const rows = await query(
          `${await withSources(query, ["calls", "users"], { calls: inWeekOf("c.started_at", 1) })}, ${parties}
          SELECT c.call_id AS "callId", c.title, c.started_at AS "startedAt",
            round(c.duration_s / 60.0, 1)::float8 AS minutes, coalesce(u.name, u.email, c.primary_user_id) AS owner,
            ARRAY(SELECT DISTINCT coalesce(p.email, p.name) FROM parties p
              WHERE p.call_id = c.call_id AND p.affiliation = 'External' AND coalesce(p.email, p.name) IS NOT NULL
              ORDER BY 1) AS outside
          FROM calls c LEFT JOIN users u ON u.user_id = c.primary_user_id
          WHERE ($2::text IS NULL OR u.name ILIKE $2 OR u.email ILIKE $2)
          ORDER BY c.started_at, c.call_id LIMIT $3 OFFSET $4`,
          [
            input.day ?? null,
            input.owner === undefined ? null : anywhere(input.owner),
            input.limit + 1,
            offsetOf(input.cursor),
          ],
        );
        return pageOfMore(rows.map(withOutside), input);
      }),
  }),
  tool({
    name: "who_talked_to_whom",
    description:
      "List pairs of colleagues and outsiders who were in calls together, how often, how long and when last.",
    input: z.object({
      ...period,
      person: z.string().max(200).optional().describe("part of a name or e-mail address, e.g. @acme.com"),
      ...paging,
    }),
    run: async (input, { signal }) => {
      refuseBackwards(input);
      return database.read(signal, async (query) => {
        const rows = await query(
          `${await withSources(query, ["calls"], { calls: within("c.started_at", 1) })}, ${parties},
          people AS (SELECT DISTINCT ON (call_id, affiliation, coalesce(email, name)) *, coalesce(email, name) AS who
            FROM parties WHERE coalesce(email, name) IS NOT NULL)
          SELECT i.who AS colleague, o.who AS outsider, max(i.name) AS "colleagueName", max(o.name) AS "outsiderName",
            count(*)::int AS calls, round(sum(i.duration_s) / 60.0, 1)::float8 AS minutes, max(i.started_at) AS "lastCall"
          FROM people i JOIN people o ON o.call_id = i.call_id AND o.affiliation = 'External'
          WHERE i.affiliation = 'Internal'
            AND ($3::text IS NULL OR i.who ILIKE $3 OR o.who ILIKE $3 OR i.name ILIKE $3 OR o.name ILIKE $3)
          GROUP BY i.who, o.who
          ORDER BY calls DESC, minutes DESC NULLS LAST, colleague, outsider LIMIT $4 OFFSET $5`,
          [
            input.from ?? null,
            input.to ?? null,
            input.person === undefined ? null : anywhere(input.person),
            input.limit + 1,
            offsetOf(input.cursor),
          ],
        );
        return pageOfMore(rows, input);
      });
    },
  }),
];
