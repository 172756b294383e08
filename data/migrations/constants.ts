/** Roles that the migrations grant to; they are made with the cluster. */
export const roles = ["flow_capture", "flow_materialize", "gong_loader", "quality", "mcp"] as const;

/** What Estuary captures PostgreSQL with. */
export const publication = "flow_publication";
export const slot = "flow_slot";
export const watermarks = "flow_watermarks";

/** Tables that migrations create and that are replicated to the warehouse. */
export const ownTables = ["gong_calls_staging", "gong_users_staging", "gong_crm_entities_staging"] as const;

/** Tables that Estuary's materialization creates: it refuses existing ones. */
export const estuaryTables = [
  "hubspot_contacts_staging",
  "hubspot_deals_staging",
  "slack_channels_staging",
  "slack_messages_staging",
] as const;
