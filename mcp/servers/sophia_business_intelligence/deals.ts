import { z } from "zod";
import type { Database } from "../kit/postgres/database.ts";
import { offsetOf, pageOfMore, paging, type Tool, ToolError, tool } from "../kit/tool.ts";
import { isObject } from "./hubspot.ts";
import { anywhere, withSources } from "./sources.ts";

const filters = {
  pipeline: z.string().max(100).optional().describe("only this sales pipeline; left out: all"),
  ownerId: z.string().max(40).optional().describe("only deals of this HubSpot owner id"),
};
const day = z.iso.date();

/** Questions about deals. */
export const dealTools = (database: Database): Tool[] => [
  tool({
    name: "get_pipeline_by_stage",
    description:
      "Show how many open deals stand in each stage, their amount, weighted amount, and how many are overdue.",
    input: z.object({
      ...filters,
      closingFrom: day.optional().describe("only deals that close on or after this day, e.g. 2026-10-01"),
      closingTo: day.optional().describe("only deals that close on or before this day"),
      includeClosed: z.boolean().default(false),
      ...paging,
    }),
    run: (input, { signal }) =>
      database.read(signal, async (query) => {
        const rows = await query(
          `${await withSources(query, ["deals"])}
          SELECT pipeline, stage, currency, count(*)::int AS deals, coalesce(sum(amount), 0)::float8 AS amount,
            coalesce(sum(amount * probability), 0)::float8 AS "weightedAmount",
            count(*) FILTER (WHERE amount IS NULL)::int AS "withoutAmount",
            count(*) FILTER (WHERE NOT closed AND closes_at < now())::int AS overdue, min(closes_at) AS "nextClose"
          FROM deals
          WHERE ($1 OR NOT closed) AND ($2::text IS NULL OR pipeline = $2) AND ($3::text IS NULL OR owner_id = $3)
            AND ($4::date IS NULL OR closes_at >= $4::date) AND ($5::date IS NULL OR closes_at < $5::date + 1)
          GROUP BY pipeline, stage, currency
          ORDER BY pipeline, avg(probability) NULLS FIRST, stage, currency
          LIMIT $6 OFFSET $7`,
          [
            input.includeClosed,
            input.pipeline ?? null,
            input.ownerId ?? null,
            input.closingFrom ?? null,
            input.closingTo ?? null,
            input.limit + 1,
            offsetOf(input.cursor),
          ],
        );
        return pageOfMore(rows, input);
      }),
  }),
  tool({
    name: "list_deals_at_risk",
    description:
      "List open deals that need attention and why: overdue, closing without a recent call, not touched, no amount.",
    input: z.object({
      ...filters,
      quietDays: z
        .number()
        .int()
        .min(1)
        .max(365)
        .default(21)
        .describe("days without a call or change that are too many"),
      closingWithinDays: z
        .number()
        .int()
        .min(1)
        .max(365)
        .default(30)
        .describe("how near a close date is near"),
      ...paging,
    }),
    run: (input, { signal }) =>
      database.read(signal, async (query) => {
        const rows = await query(
          `${await withSources(query, ["deals", "deal_calls"])},
          judged AS (
            SELECT d.*, l.last_call, array_remove(ARRAY[
              CASE WHEN closes_at < now() THEN 'its close date has passed' END,
              CASE WHEN closes_at BETWEEN now() AND now() + $4 * interval '1 day'
                AND (l.last_call IS NULL OR l.last_call < now() - $3 * interval '1 day')
                THEN format('it closes within %s days, and there was no call for %s', $4::int, $3::int) END,
              CASE WHEN changed_at < now() - $3 * interval '1 day' THEN format('nobody changed it for %s days', $3::int) END,
              CASE WHEN closes_at IS NULL THEN 'it has no close date' END,
              CASE WHEN amount IS NULL OR amount = 0 THEN 'it has no amount' END], NULL) AS reasons
            FROM deals d
            LEFT JOIN (SELECT deal_id, max(started_at) AS last_call FROM deal_calls GROUP BY deal_id) l ON l.deal_id = d.id
            WHERE NOT closed AND ($1::text IS NULL OR pipeline = $1) AND ($2::text IS NULL OR owner_id = $2))
          SELECT id, name, pipeline, stage, amount::float8 AS amount, currency, owner_id AS "ownerId",
            closes_at AS "closesAt", changed_at AS "changedAt", last_call AS "lastCall", reasons
          FROM judged WHERE reasons <> '{}'
          ORDER BY cardinality(reasons) DESC, amount DESC NULLS LAST, id
          LIMIT $5 OFFSET $6`,
          [
            input.pipeline ?? null,
            input.ownerId ?? null,
            input.quietDays,
            input.closingWithinDays,
            input.limit + 1,
            offsetOf(input.cursor),
          ],
        );
        return pageOfMore(rows, input);
      }),
  }),
  tool({
    name: "find_deals",
    description: "Find deals by a part of their name, by stage or owner, the largest first.",
    input: z.object({
      name: z.string().max(200).optional().describe("part of the name"),
      stage: z.string().max(100).optional(),
      ...filters,
      includeClosed: z.boolean().default(true),
      ...paging,
    }),
    run: (input, { signal }) =>
      database.read(signal, async (query) => {
        const rows = await query(
          `${await withSources(query, ["deals"])}
          SELECT id, name, pipeline, stage, amount::float8 AS amount, currency, owner_id AS "ownerId",
            closes_at AS "closesAt", closed, won
          FROM deals
          WHERE ($1 OR NOT closed) AND ($2::text IS NULL OR name ILIKE $2) AND ($3::text IS NULL OR stage = $3)
            AND ($4::text IS NULL OR pipeline = $4) AND ($5::text IS NULL OR owner_id = $5)
          ORDER BY amount DESC NULLS LAST, id
          LIMIT $6 OFFSET $7`,
          [
            input.includeClosed,
            input.name === undefined ? null : anywhere(input.name),
            input.stage ?? null,
            input.pipeline ?? null,
            input.ownerId ?? null,
            input.limit + 1,
            offsetOf(input.cursor),
          ],
        );
        return pageOfMore(rows, input);
      }),
  }),
  tool({
    name: "get_deal",
    description: "Show one deal with its last calls and, where known, its first 200 contacts.",
    input: z.object({ id: z.string().min(1).max(40).describe("HubSpot's id, from find_deals") }),
    run: ({ id }, { signal }) =>
      database.read(signal, async (query) => {
        const [deal] = await query(
          `${await withSources(query, ["deals", "deal_calls"], { deals: isObject(1) })}
          SELECT d.id, d.name, pipeline, stage, amount::float8 AS amount, currency, owner_id AS "ownerId",
            closes_at AS "closesAt", created_at AS "createdAt", changed_at AS "changedAt", closed, won,
            probability::float8 AS probability, jsonb_path_query_array(contacts, '$[0 to 199]') AS "contactIds",
            (SELECT coalesce(json_agg(c ORDER BY c."startedAt" DESC), '[]') FROM (
              SELECT call_id AS "callId", started_at AS "startedAt" FROM deal_calls
              WHERE deal_id = d.id ORDER BY started_at DESC LIMIT 20) c) AS calls
          FROM deals d`,
          [id],
        );
        if (!deal) throw new ToolError(`There is no deal ${id}`, "`find_deals` finds deals by name.");
        return deal;
      }),
  }),
];
