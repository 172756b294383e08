import {
  hubspotCollection,
  slackCollection,
  tableCollection,
} from "../../../data/estuary/spec/collections.ts";
import { hubspotProperties, loadedAt, type StreamName } from "../../../data/estuary/spec/streams.ts";
import { toCollection } from "../../../lab/saas/estuary/control/live.ts";
import type {
  HubSpotConfig,
  LiveCapture,
  LiveCollection,
  LiveMaterialization,
  LiveSpecs,
  PostgresLogin,
  SlackConfig,
  SnowflakeConfig,
} from "../../../lab/saas/estuary/plane/types.ts";

const task = { image: "lab", disabled: false, publicationId: "1" };
const fields = (require: readonly string[] = []) => ({
  recommended: 1,
  require: [...require],
  exclude: [],
});
const plain = { priority: 0, backfill: 0, disabled: false };

export const catalog = {
  contacts: "t/hubspot/contacts",
  deals: "t/hubspot/deals",
  channels: "t/slack/channels",
  messages: "t/slack/channel_messages",
  hubspot: "t/source-hubspot",
  slack: "t/source-slack",
  postgres: "t/source-postgres",
  staging: "t/materialize-postgres",
  warehouse: "t/materialize-snowflake",
};

/** HubSpot and Slack into PostgreSQL, with the collections that the program publishes. */
export function stagingSpecs(login: PostgresLogin, hubspot: HubSpotConfig, slack: SlackConfig): LiveSpecs {
  const captures: Record<string, LiveCapture> = {
    [catalog.hubspot]: {
      ...task,
      connector: "source-hubspot-native",
      config: hubspot,
      intervalSeconds: 300,
      bindings: [
        { resource: { name: "contacts" }, target: catalog.contacts, backfill: 0, disabled: false },
        { resource: { name: "deals" }, target: catalog.deals, backfill: 0, disabled: false },
      ],
    },
    [catalog.slack]: {
      ...task,
      connector: "source-slack",
      config: slack,
      intervalSeconds: 300,
      bindings: [
        {
          resource: { stream: "channels", syncMode: "full_refresh" },
          target: catalog.channels,
          backfill: 0,
          disabled: false,
        },
        {
          resource: { stream: "channel_messages", syncMode: "incremental" },
          target: catalog.messages,
          backfill: 0,
          disabled: false,
        },
      ],
    },
  };
  const table = (source: string, name: string, require: readonly string[] = []) => ({
    ...plain,
    source,
    resource: { table: `${name}_staging`, schema: "public" },
    fields: fields([loadedAt, ...require.map((name) => `properties/${name}`)]),
  });
  const staging: LiveMaterialization = {
    ...task,
    connector: "materialize-postgres",
    config: { ...login, schema: "public", hardDelete: true, advanced: { no_flow_document: true } },
    onIncompatibleSchemaChange: "abort",
    bindings: [
      table(catalog.contacts, "hubspot_contacts", hubspotProperties.contacts),
      table(catalog.deals, "hubspot_deals", hubspotProperties.deals),
      table(catalog.channels, "slack_channels"),
      table(catalog.messages, "slack_messages"),
    ],
  };
  return {
    captures,
    collections: {
      [catalog.contacts]: toCollection(hubspotCollection("contacts")),
      [catalog.deals]: toCollection(hubspotCollection("deals")),
      [catalog.channels]: toCollection(slackCollection("channels")),
      [catalog.messages]: toCollection(slackCollection("channel_messages")),
    },
    materializations: { [catalog.staging]: staging },
  };
}

const tableCatalog = (table: string): string => `t/postgres/public/${table}`;

/** Tables of PostgreSQL into the warehouse. `tables` by name, with the collection's key. */
export function warehouseSpecs(
  login: PostgresLogin,
  snowflake: SnowflakeConfig,
  tables: Record<string, LiveCollection>,
): LiveSpecs {
  const names = Object.keys(tables);
  return {
    captures: {
      [catalog.postgres]: {
        ...task,
        connector: "source-postgres",
        config: { ...login, historyMode: false },
        intervalSeconds: 300,
        bindings: names.map((name) => ({
          resource: { namespace: "public", stream: name },
          target: tableCatalog(name),
          backfill: 0,
          disabled: false,
        })),
      },
    },
    collections: Object.fromEntries(
      names.map((name) => [tableCatalog(name), tables[name] ?? { key: [], schema: {} }]),
    ),
    materializations: {
      [catalog.warehouse]: {
        ...task,
        connector: "materialize-snowflake",
        config: snowflake,
        onIncompatibleSchemaChange: "abort",
        bindings: names.map((name) => ({
          ...plain,
          source: tableCatalog(name),
          resource: { table: name, schema: snowflake.schema },
          fields: fields(),
        })),
      },
    },
  };
}

/** The collection that the program publishes for a staging table. */
export const stagingTable = (stream: StreamName): LiveCollection => toCollection(tableCollection(stream));

export const merged = (...all: LiveSpecs[]): LiveSpecs => ({
  captures: Object.assign({}, ...all.map(({ captures }) => captures)),
  collections: Object.assign({}, ...all.map(({ collections }) => collections)),
  materializations: Object.assign({}, ...all.map(({ materializations }) => materializations)),
});
