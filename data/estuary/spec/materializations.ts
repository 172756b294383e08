import type { Specs } from "./catalog.ts";
import {
  connectorImages,
  postgresMaterializationConfig,
  postgresMaterializationResource,
  snowflakeConfig,
  snowflakeResource,
} from "./connectors.ts";
import { login, type PostgresReach, tableCollectionName, task } from "./shared.ts";
import {
  hubspotProperties,
  loadedAt,
  type StreamName,
  stagingSchema,
  streamNames,
  tableOf,
} from "./streams.ts";

/** HubSpot's and Slack's collections, by the staging table that they become. */
const staged = [
  { stream: "hubspot_contacts", collection: "hubspot/contacts", properties: hubspotProperties.contacts },
  { stream: "hubspot_deals", collection: "hubspot/deals", properties: hubspotProperties.deals },
  { stream: "slack_channels", collection: "slack/channels", properties: [] },
  { stream: "slack_messages", collection: "slack/channel_messages", properties: [] },
] as const satisfies { stream: StreamName; collection: string; properties: readonly string[] }[];

/** Sources whose tables Estuary makes. */
export type StagedSource = "hubspot" | "slack";

/**
 * Staging tables in PostgreSQL. Documents are not kept beside their columns, which would double every row once it is
 * captured again; deleted records leave the tables, so that counts are those of the source.
 */
export function postgresMaterialization(
  prefix: string,
  reach: PostgresReach,
  sources: readonly StagedSource[] = ["hubspot", "slack"],
): Specs {
  const config = postgresMaterializationConfig.parse({
    ...login(reach),
    schema: stagingSchema,
    hardDelete: true,
    advanced: { sslmode: "require", no_flow_document: true },
  });
  const wanted = staged.filter(({ collection }) =>
    sources.some((source) => collection.startsWith(`${source}/`)),
  );
  const bindings = wanted.map(({ stream, collection, properties }) => ({
    source: `${prefix}/${collection}`,
    resource: postgresMaterializationResource.parse({
      table: tableOf(stream),
      schema: stagingSchema,
      delta_updates: false,
    }),
    fields: {
      recommended: 1,
      require: Object.fromEntries(
        [loadedAt, ...properties.map((name) => `properties/${name}`)].map((field) => [field, {}]),
      ),
    },
  }));
  const endpoint = { connector: { image: connectorImages.postgresMaterialization, config } };
  return task(`${prefix}/materialize-postgres`, {
    type: "materialization",
    model: { onIncompatibleSchemaChange: "abort", endpoint, bindings },
  });
}

export interface SnowflakeArgs {
  /** As in the host's name. */
  account: string;
  /** Name of the database in the account. */
  database: string;
  /** Name of the schema with the tables. */
  schema: string;
  /** Name of the virtual warehouse that the loads run in. */
  warehouse: string;
  /** Role of the user, with the rights to make and fill the tables. */
  role: string;
  /** Service user that logs in. */
  user: string;
  /** PKCS8 PEM without a passphrase. */
  privateKey: string;
  /** How often it loads, as the connector writes durations, e.g. `30m`. */
  syncFrequency: string;
}

/** The staging tables in the warehouse, under their own names. */
export function snowflakeMaterialization(
  prefix: string,
  args: SnowflakeArgs,
  names: readonly StreamName[] = streamNames,
): Specs {
  const config = snowflakeConfig.parse({
    host: `${args.account}.snowflakecomputing.com`,
    database: args.database,
    schema: args.schema,
    warehouse: args.warehouse,
    role: args.role,
    timestamp_type: "TIMESTAMP_LTZ",
    hardDelete: true,
    credentials: { auth_type: "jwt", user: args.user, private_key: args.privateKey },
    syncSchedule: { syncFrequency: args.syncFrequency },
    // Without it the connector builds the stored document from the columns, by their field names: `properties~1email` for
    // the column `properties/email`. Merged with a change, that fits no schema.
    advanced: { no_flow_document: false },
  });
  const bindings = names.map((stream) => ({
    source: tableCollectionName(prefix, stream),
    resource: snowflakeResource.parse({
      table: tableOf(stream),
      schema: args.schema,
      delta_updates: false,
    }),
    fields: { recommended: 1 },
  }));
  const endpoint = { connector: { image: connectorImages.snowflake, config } };
  return task(`${prefix}/materialize-snowflake`, {
    type: "materialization",
    model: { onIncompatibleSchemaChange: "abort", endpoint, bindings },
  });
}
