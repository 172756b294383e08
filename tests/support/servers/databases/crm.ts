import type { Staging } from "./staging.ts";

export type Properties = Record<string, string | null>;

/** What Estuary makes of a HubSpot object, by how deep the materialization unfolds it. */
export const shapes: Record<
  string,
  { columns: (names: string[]) => string; row: (properties: Properties) => unknown[] }
> = {
  "a column of properties": {
    columns: () => "properties jsonb",
    row: (properties) => [JSON.stringify(properties)],
  },
  "a column each": {
    columns: (names) => names.map((name) => `"properties/${name}" text`).join(", "),
    row: (properties) => Object.values(properties),
  },
  "the whole document": {
    columns: () => "flow_document json",
    row: (properties) => [JSON.stringify({ properties })],
  },
};

export const dealNames = [
  "dealname",
  "dealstage",
  "pipeline",
  "amount",
  "deal_currency_code",
  "closedate",
  "createdate",
  "hs_lastmodifieddate",
  "hubspot_owner_id",
  "hs_deal_stage_probability",
  "hs_is_closed",
  "hs_is_closed_won",
];
export const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
export const deal = (more: Properties): Properties => ({
  ...Object.fromEntries(dealNames.map((name) => [name, null])),
  pipeline: "default",
  deal_currency_code: "USD",
  createdate: inDays(-60),
  hs_lastmodifieddate: inDays(-1),
  ...more,
});
export const deals: Properties[] = [
  deal({
    dealname: "Acme 100%",
    dealstage: "qualified",
    amount: "1000.50",
    closedate: inDays(90),
    hubspot_owner_id: "7",
    hs_deal_stage_probability: "0.5",
  }),
  deal({
    dealname: "Beta",
    dealstage: "qualified",
    amount: "3000",
    closedate: inDays(-2),
    hubspot_owner_id: "7",
    hs_deal_stage_probability: "0.5",
  }),
  deal({
    dealname: "Gamma",
    dealstage: "proposal",
    amount: "",
    closedate: inDays(10),
    hs_lastmodifieddate: inDays(-40),
    hubspot_owner_id: "8",
    hs_deal_stage_probability: "0.8",
  }),
  deal({
    dealname: "Delta",
    dealstage: "closedwon",
    amount: "9000",
    closedate: inDays(-5),
    hubspot_owner_id: "7",
    hs_is_closed: "true",
    hs_is_closed_won: "true",
  }),
  deal({
    dealname: "Epsilon",
    dealstage: "proposal",
    amount: "nonsense",
    closedate: inDays(5),
    hubspot_owner_id: "8",
    hs_deal_stage_probability: "0.8",
  }),
];

export interface Party {
  emailAddress?: string;
  name?: string;
  affiliation: string;
}
export const us: Party = { emailAddress: "Ann@sophia.example", name: "Ann", affiliation: "Internal" };
export const them = (name: string): Party => ({
  emailAddress: `${name}@acme.example`,
  name,
  affiliation: "External",
});

/** Puts rows into a staging database as the pipeline does. */
export function crmIn(staging: () => Staging) {
  const run = (text: string, values?: unknown[]) => staging().admin.query(text, values);

  async function hubspot(
    table: string,
    names: string[],
    rows: Properties[],
    shape = "a column of properties",
  ) {
    const { columns, row } = shapes[shape] ?? { columns: () => "", row: () => [] };
    await run(
      `CREATE TABLE staging.${table} (id bigint PRIMARY KEY, archived boolean, "_meta/op" text, contacts jsonb, ${columns(names)})`,
    );
    for (const [index, properties] of rows.entries()) {
      const values = row(properties);
      const marks = values.map((_, at) => `$${at + 2}`).join(", ");
      await run(`INSERT INTO staging.${table} VALUES ($1, false, 'c', NULL, ${marks})`, [
        index + 1,
        ...values,
      ]);
    }
  }

  async function call(
    id: string,
    at: string,
    parties: Party[],
    more: { deal?: number; isPrivate?: boolean } = {},
  ) {
    await run(
      `INSERT INTO staging.gong_calls_staging (call_id, title, started_at, duration_s, primary_user_id, is_private, parties)
       VALUES ($1, $2, $3, 1800, '11', $4, $5)`,
      [id, `Call ${id}`, at, more.isPrivate ?? false, JSON.stringify(parties)],
    );
    // As the trigger of data/migrations does.
    if (more.deal && !more.isPrivate)
      await run("INSERT INTO staging.gong_call_deals VALUES ($1, $2, $3)", [String(more.deal), id, at]);
  }

  const ann = () =>
    run(
      "INSERT INTO staging.gong_users_staging (user_id, email, first_name, last_name) VALUES ('11', 'ann@sophia.example', 'Ann', 'Archer')",
    );
  return { run, hubspot, call, ann };
}
