import type { Spec, Specs } from "./catalog.ts";
import { specs } from "./catalog.ts";
import { hubspotCollection, slackCollection, tableCollection } from "./collections.ts";
import {
  connectorImages,
  hubspotConfig,
  hubspotResource,
  postgresCaptureConfig,
  postgresCaptureResource,
  slackConfig,
  slackResource,
} from "./connectors.ts";
import { login, type PostgresReach, tableCollectionName, task } from "./shared.ts";
import { replication, type StreamName, stagingSchema, streamNames, tableOf } from "./streams.ts";

const collections = (prefix: string, models: Record<string, Spec["model"]>): Specs =>
  specs.parse(
    Object.fromEntries(
      Object.entries(models).map(([name, model]) => [`${prefix}/${name}`, { type: "collection", model }]),
    ),
  );
const noDiscovery = { addNewBindings: false, evolveIncompatibleCollections: false };

export interface HubspotArgs {
  /** Of the OAuth app. */
  clientId: string;
  /** Of the OAuth app. Secret. */
  clientSecret: string;
  /** Of the account. Secret. */
  refreshToken: string;
  /** ISO 8601 duration between two polls of a stream. */
  interval: string;
  /** Cron expression in UTC: when calculated properties are read again. */
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
  /** Token of the Slack app. Secret. */
  token: string;
  /** From the start of a run of the connector to the next, e.g. `5m`. */
  interval: string;
  /** ISO 8601. Messages before it are not read. */
  startDate: string;
  /** Days of messages that each run reads again. */
  lookbackDays: number;
  /** Names of the channels to read. Empty: all that the app is a member of. */
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
