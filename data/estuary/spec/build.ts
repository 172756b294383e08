import type { z } from "zod";
import type { Spec, Specs } from "./catalog.ts";
import { specs } from "./catalog.ts";
import { hubspotCollection, slackCollection, tableCollection } from "./collections.ts";
import {
  connectorImages,
  hubspotConfig,
  hubspotResource,
  postgresCaptureConfig,
  postgresCaptureResource,
  postgresMaterializationConfig,
  postgresMaterializationResource,
  slackConfig,
  slackResource,
  snowflakeConfig,
  snowflakeResource,
} from "./connectors.ts";
import {
  hubspotProperties,
  replication,
  type StreamName,
  stagingDatabase,
  stagingSchema,
  streamNames,
  tableOf,
} from "./streams.ts";

/** How Estuary reaches PostgreSQL: through a host of ours, to an address that is reached from there. */
export interface PostgresReach {
  /** `<host>:<port>` as seen from the tunnel's end. */
  address: string;
  user: string;
  password: string;
  /** Left out: Estuary reaches the address directly. */
  tunnel?: { endpoint: string; privateKey: string } | undefined;
}

const collections = (prefix: string, models: Record<string, Spec["model"]>): Specs =>
  specs.parse(
    Object.fromEntries(
      Object.entries(models).map(([name, model]) => [`${prefix}/${name}`, { type: "collection", model }]),
    ),
  );
const task = (name: string, one: z.input<typeof specs>[string]): Specs => specs.parse({ [name]: one });
const noDiscovery = { addNewBindings: false, evolveIncompatibleCollections: false };

const login = ({ address, user, password, tunnel }: PostgresReach) => ({
  address,
  user,
  database: stagingDatabase,
  credentials: { auth_type: "UserPassword" as const, password },
  ...(tunnel && {
    networkTunnel: { sshForwarding: { sshEndpoint: tunnel.endpoint, privateKey: tunnel.privateKey } },
  }),
});

export interface HubspotArgs {
  clientId: string;
  clientSecret: string;
  refreshToken: string;
  interval: string;
  schedule: string;
}

/** Contacts and deals. OAuth, because a private app's token is not in the connector's published schema. */
export function hubspotCapture(prefix: string, args: HubspotArgs): Specs {
  const objects = ["contacts", "deals"] as const;
  const config = hubspotConfig.parse({
    credentials: {
      credentials_title: "OAuth Credentials",
      client_id: args.clientId,
      client_secret: args.clientSecret,
      refresh_token: args.refreshToken,
    },
    capturePropertyHistory: false,
  });
  const bindings = objects.map((name) => ({
    resource: hubspotResource.parse({ name, interval: args.interval, schedule: args.schedule }),
    target: `${prefix}/hubspot/${name}`,
  }));
  const endpoint = { connector: { image: connectorImages.hubspot, config } };
  return {
    ...collections(
      `${prefix}/hubspot`,
      Object.fromEntries(objects.map((name) => [name, hubspotCollection(name)])),
    ),
    ...task(`${prefix}/source-hubspot`, {
      type: "capture",
      model: { autoDiscover: noDiscovery, endpoint, bindings },
    }),
  };
}

export interface SlackArgs {
  token: string;
  interval: string;
  startDate: string;
  lookbackDays: number;
  channels: readonly string[];
}

/** Channels and their messages. The connector never joins a channel by itself: that would write to the workspace. */
export function slackCapture(prefix: string, args: SlackArgs): Specs {
  const syncModes = { channels: "full_refresh", channel_messages: "incremental" } as const;
  const names = ["channels", "channel_messages"] as const;
  const config = slackConfig.parse({
    start_date: args.startDate,
    lookback_window: args.lookbackDays,
    join_channels: false,
    channel_filter: [...args.channels],
    credentials: { option_title: "API Token Credentials", api_token: args.token },
  });
  const bindings = names.map((stream) => ({
    resource: slackResource.parse({ stream, syncMode: syncModes[stream] }),
    target: `${prefix}/slack/${stream}`,
  }));
  const endpoint = { connector: { image: connectorImages.slack, config } };
  return {
    ...collections(`${prefix}/slack`, Object.fromEntries(names.map((name) => [name, slackCollection(name)]))),
    ...task(`${prefix}/source-slack`, {
      type: "capture",
      model: { autoDiscover: noDiscovery, interval: args.interval, endpoint, bindings },
    }),
  };
}

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
      ...(properties.length > 0 && {
        require: Object.fromEntries(properties.map((name) => [`properties/${name}`, {}])),
      }),
    },
  }));
  const endpoint = { connector: { image: connectorImages.postgresMaterialization, config } };
  return task(`${prefix}/materialize-postgres`, {
    type: "materialization",
    model: { onIncompatibleSchemaChange: "abort", endpoint, bindings },
  });
}

const tableCollectionName = (prefix: string, stream: StreamName): string =>
  `${prefix}/postgres/${stagingSchema}/${tableOf(stream)}`;

/** Every staging table, by logical replication through a publication that names the tables. */
export function postgresCapture(
  prefix: string,
  reach: PostgresReach,
  names: readonly StreamName[] = streamNames,
): Specs {
  const config = postgresCaptureConfig.parse({
    ...login(reach),
    historyMode: false,
    advanced: {
      publicationName: replication.publication,
      slotName: replication.slot,
      watermarksTable: replication.watermarks,
      discover_schemas: [stagingSchema],
      sslmode: "require",
    },
  });
  const bindings = names.map((stream) => ({
    resource: postgresCaptureResource.parse({ namespace: stagingSchema, stream: tableOf(stream), mode: "" }),
    target: tableCollectionName(prefix, stream),
  }));
  const endpoint = { connector: { image: connectorImages.postgresCapture, config } };
  return {
    ...collections(
      `${prefix}/postgres/${stagingSchema}`,
      Object.fromEntries(names.map((stream) => [tableOf(stream), tableCollection(stream)])),
    ),
    ...task(`${prefix}/source-postgres`, {
      type: "capture",
      model: { autoDiscover: noDiscovery, endpoint, bindings },
    }),
  };
}

export interface SnowflakeArgs {
  /** As in the host's name. */
  account: string;
  database: string;
  schema: string;
  warehouse: string;
  role: string;
  user: string;
  /** PKCS8 PEM without a passphrase. */
  privateKey: string;
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
    advanced: { no_flow_document: true },
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
