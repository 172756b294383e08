/** Which schema of the database holds the staging tables. */
export const stagingSchema = "public";
/** The database that is materialized into and captured from. */
export const stagingDatabase = "sophia_staging";
/** Of the capture from PostgreSQL; the publication and the watermarks are made by migrations. */
export const replication = {
  slot: "flow_slot",
  publication: "flow_publication",
  watermarks: "public.flow_watermarks",
} as const;

/**
 * Column of each staging table that says when a row came into staging, or changed there. It cannot be Estuary's own
 * `flow_published_at`: every collection has that field already, so Estuary refuses the collection of a captured table
 * with such a column.
 */
export const loadedAt = "_loaded_at";

type ColumnType = "integer" | "string";

interface Stream {
  /** Columns of the primary key. */
  key: Readonly<Record<string, ColumnType>>;
  source: "hubspot" | "slack" | "gong";
}

/** What flows into the warehouse. The staging table is `<stream>_staging`, there and here. */
export const streams = {
  hubspot_contacts: { source: "hubspot", key: { id: "integer" } },
  hubspot_deals: { source: "hubspot", key: { id: "integer" } },
  slack_channels: { source: "slack", key: { id: "string" } },
  slack_messages: { source: "slack", key: { channel_id: "string", ts: "string" } },
  gong_calls: { source: "gong", key: { call_id: "string" } },
  gong_users: { source: "gong", key: { user_id: "string" } },
  gong_crm_entities: {
    source: "gong",
    key: { crm_system: "string", object_type: "string", object_id: "string" },
  },
} as const satisfies Record<string, Stream>;
export type StreamName = keyof typeof streams;

export const streamNames = Object.keys(streams) as StreamName[];
/** Table of a stream, in PostgreSQL and in the warehouse. */
export const tableOf = (stream: string): string => `${stream}_staging`;

/** Properties that become columns `properties/<name>`; HubSpot's values are all strings. */
export const hubspotProperties = {
  contacts: [
    "associatedcompanyid",
    "company",
    "country",
    "createdate",
    "email",
    "firstname",
    "hs_analytics_source",
    "hs_lead_status",
    "hs_object_id",
    "hubspot_owner_id",
    "jobtitle",
    "lastmodifieddate",
    "lastname",
    "lifecyclestage",
    "phone",
  ],
  deals: [
    "amount",
    "closedate",
    "createdate",
    "deal_currency_code",
    "dealname",
    "dealstage",
    "dealtype",
    "hs_deal_stage_probability",
    "hs_forecast_amount",
    "hs_is_closed",
    "hs_is_closed_won",
    "hs_lastmodifieddate",
    "hs_object_id",
    "hubspot_owner_id",
    "pipeline",
  ],
} as const;
