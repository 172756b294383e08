import { z } from "zod";
import type { Database, Query } from "../kit/postgres/database.ts";
import { offsetOf, pageOfMore, paging, type Tool, ToolError, tool } from "../kit/tool.ts";
import { period, refuseBackwards, within } from "./calls.ts";
import { anywhere, withSources } from "./sources.ts";

/** Questions about people: contacts, owners, channels. */
export const peopleTools = (database: Database): Tool[] => [
  tool({
    name: "find_contacts",
    description: "Find contacts by a part of name, e-mail address or company.",
    input: z.object({
      search: z.string().min(1).max(200),
      ownerId: z.string().max(40).optional().describe("only contacts of this HubSpot owner id"),
      ...paging,
    }),
    run: (input, { signal }) =>
      database.read(signal, async (query) => {
        const rows = await query(
          `${await withSources(query, ["contacts"])}
          SELECT id, name, email, company, title, phone, lifecycle_stage AS "lifecycleStage", owner_id AS "ownerId",
            changed_at AS "changedAt"
          FROM contacts WHERE (name ILIKE $1 OR email ILIKE $1 OR company ILIKE $1) AND ($2::text IS NULL OR owner_id = $2)
          ORDER BY name NULLS LAST, id LIMIT $3 OFFSET $4`,
          [anywhere(input.search), input.ownerId ?? null, input.limit + 1, offsetOf(input.cursor)],
        );
        return pageOfMore(rows, input);
      }),
  }),
  tool({
    name: "get_owner_activity",
    description:
      "Show what an owner did in a period: calls held (by e-mail address), deals worked on and their amounts by currency (by HubSpot id).",
    input: z.object({
      email: z.email().optional().describe("e-mail address in Gong, for the calls"),
      ownerId: z.string().max(40).optional().describe("HubSpot owner id, for the deals"),
      ...period,
    }),
    run: async ({ email, ownerId, from, to }, { signal }) => {
      if (email === undefined && ownerId === undefined)
        throw new ToolError(
          "Nobody was named",
          "Give `email` for the calls, `ownerId` for the deals, or both.",
        );
      refuseBackwards({ from, to });
      return database.read(signal, async (query) => ({
        ...(email !== undefined && { calls: await callsHeld(query, email, from, to) }),
        ...(ownerId !== undefined && { deals: await dealsWorkedOn(query, ownerId, from, to) }),
      }));
    },
  }),
  tool({
    name: "get_slack_activity",
    description:
      "Show for each Slack channel how many messages and authors there were in a period, never what was said.",
    input: z.object({
      ...period,
      channel: z.string().max(100).optional().describe("part of its name"),
      ...paging,
    }),
    run: async (input, { signal }) => {
      refuseBackwards(input);
      return database.read(signal, async (query) => {
        const rows = await query(
          `${await withSources(query, ["messages", "channels"])},
          dated AS (SELECT *, to_timestamp(ts::numeric) AS at FROM messages WHERE ts ~ '^[0-9]+(\\.[0-9]+)?$')
          SELECT coalesce(c.name, d.channel_id) AS channel, count(*)::int AS messages,
            count(DISTINCT author)::int AS authors, count(*) FILTER (WHERE thread_ts IS NOT NULL AND thread_ts <> ts)::int AS replies,
            max(at) AS "lastMessage"
          FROM dated d LEFT JOIN channels c ON c.id = d.channel_id
          WHERE ${within("at", 1)} AND ($3::text IS NULL OR c.name ILIKE $3)
          GROUP BY 1 ORDER BY messages DESC, channel LIMIT $4 OFFSET $5`,
          [
            input.from ?? null,
            input.to ?? null,
            input.channel === undefined ? null : anywhere(input.channel),
            input.limit + 1,
            offsetOf(input.cursor),
          ],
        );
        return pageOfMore(rows, input);
      });
    },
  }),
];

type Day = string | undefined;

async function callsHeld(query: Query, email: string, from: Day, to: Day) {
  const users = await withSources(query, ["users"]);
  const [known] = await query(`${users} SELECT name FROM users WHERE email = lower($1) LIMIT 1`, [email]);
  if (!known)
    throw new ToolError(
      `Gong knows no user ${email}`,
      "Check the spelling: `list_users` of the gong server shows all.",
    );
  const [row] = await query(
    `${await withSources(query, ["calls", "deal_calls", "users"], { calls: within("c.started_at", 2) })}
    SELECT $1::text AS email, max(u.name) AS name, count(c.call_id)::int AS count,
      coalesce(round(sum(c.duration_s) / 60.0, 1), 0)::float8 AS minutes, max(c.started_at) AS "lastCall",
      count(DISTINCT date_trunc('day', c.started_at))::int AS days,
      (SELECT count(DISTINCT dc.deal_id)::int FROM deal_calls dc JOIN calls k ON k.call_id = dc.call_id
        JOIN users v ON v.user_id = k.primary_user_id
        WHERE v.email = lower($1)) AS "dealsTalkedAbout"
    FROM users u LEFT JOIN calls c ON c.primary_user_id = u.user_id
    WHERE u.email = lower($1)`,
    [email, from ?? null, to ?? null],
  );
  return row;
}

/** Amounts are in the deals' own currencies, and are added up for each of them. */
async function dealsWorkedOn(query: Query, ownerId: string, from: Day, to: Day) {
  const won = `won AND ${within("closes_at", 2)}`;
  const [row] = await query(
    `${await withSources(query, ["deals"])},
    owned AS (SELECT * FROM deals WHERE owner_id = $1)
    SELECT $1::text AS "ownerId", count(*) FILTER (WHERE NOT closed)::int AS open,
      count(*) FILTER (WHERE ${within("created_at", 2)})::int AS created,
      count(*) FILTER (WHERE ${within("changed_at", 2)})::int AS changed,
      count(*) FILTER (WHERE ${won})::int AS won,
      count(*) FILTER (WHERE closed AND NOT won AND ${within("closes_at", 2)})::int AS lost,
      (SELECT coalesce(json_agg(s ORDER BY currency), '[]') FROM (
        SELECT currency, coalesce(sum(amount) FILTER (WHERE NOT closed), 0)::float8 AS open,
          coalesce(sum(amount) FILTER (WHERE ${won}), 0)::float8 AS won
        FROM owned WHERE amount IS NOT NULL AND (NOT closed OR (${won})) GROUP BY currency) AS s) AS amounts
    FROM owned`,
    [ownerId, from ?? null, to ?? null],
  );
  return row;
}
