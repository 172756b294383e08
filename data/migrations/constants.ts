/** Roles that the migrations grant to; they are made with the cluster. */
export const roles = ["flow_capture", "flow_materialize", "gong_loader", "quality", "mcp"] as const;

/** What Estuary captures PostgreSQL with. */
export const publication = "flow_publication";

/** Tables that Estuary's materialization creates: it refuses existing ones. */
export const estuaryTables = [
  "hubspot_contacts_staging",
  "hubspot_deals_staging",
  "slack_channels_staging",
  "slack_messages_staging",
] as const;
