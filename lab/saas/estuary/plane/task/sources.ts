import type { Clock } from "../../../../../components/core/wait.ts";
import { HubSpotClient } from "../capture/hubspot/client.ts";
import { HubSpotSource } from "../capture/hubspot/source.ts";
import { PostgresSource } from "../capture/postgres/source.ts";
import { SlackChannels } from "../capture/slack/channels.ts";
import { SlackClient } from "../capture/slack/client.ts";
import { SlackMessages } from "../capture/slack/messages.ts";
import { checker } from "../collections/check.ts";
import type { Document } from "../collections/document.ts";
import type { LiveCapture, LiveCollection } from "../types.ts";
import type { Source } from "./source.ts";

/** Where the lab's services are, and how often they are asked. */
export interface Surroundings {
  /** Base URL of HubSpot's API. */
  hubspotUrl: string;
  /** URL before `/api/…` of Slack's. */
  slackUrl: string;
  /** Seconds between two looks for changes. */
  poll: number;
  /** Seconds between two looks through Slack's look-back window. */
  review: number;
  clock: Clock;
}

/** The sources of a capture whose collections are wanted. */
export function sourcesOf(
  name: string,
  capture: LiveCapture,
  wanted: ReadonlySet<string>,
  collections: Record<string, LiveCollection>,
  around: Surroundings,
): Source[] {
  const { clock, poll } = around;
  const fits = (collection: string): ((document: Document) => void) => {
    const { schema, key } = collections[collection] ?? { schema: {}, key: [] };
    return checker(collection, schema, key);
  };
  const isWanted = (binding: { target: string; disabled: boolean }) =>
    !binding.disabled && wanted.has(binding.target);
  switch (capture.connector) {
    case "source-hubspot-native":
      return capture.bindings.filter(isWanted).map(({ resource, target, backfill }) => {
        const client = new HubSpotClient(around.hubspotUrl, capture.config, clock);
        const { name: type, schedule } = resource;
        const binding = { capture: name, collection: target, name: type, backfill, schedule };
        return new HubSpotSource(binding, client, fits(target), clock, poll);
      });
    case "source-slack":
      return capture.bindings.filter(isWanted).map(({ resource, target, backfill }) => {
        const { channel_filter: channels = [], start_date, lookback_window: lookback } = capture.config;
        const client = new SlackClient(around.slackUrl, capture.config, clock);
        const binding = { capture: name, collection: target, backfill, channels };
        if (resource.stream === "channels")
          return new SlackChannels(binding, client, fits(target), clock, poll);
        if (resource.stream !== "channel_messages") {
          throw new Error(
            `${name}: the lab's plane captures channels and channel_messages, not ${resource.stream}`,
          );
        }
        const timing = { start: Date.parse(start_date) / 1000, lookback, poll, review: around.review };
        return new SlackMessages(binding, client, fits(target), clock, timing);
      });
    case "source-postgres": {
      const bindings = capture.bindings.filter(isWanted).map(({ resource, target, backfill }) => {
        const { namespace, stream, mode = "" } = resource;
        if (mode === "Without Primary Key")
          throw new Error(`${name}: the lab's plane does not know mode ${mode}`);
        return {
          collection: target,
          schema: namespace,
          table: stream,
          backfill,
          onlyChanges: mode === "Only Changes",
        };
      });
      return bindings.length === 0 ? [] : [new PostgresSource(name, capture.config, bindings, clock)];
    }
  }
}
