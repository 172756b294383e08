import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../components/settings/schema.ts";
import { withBackfill } from "../estuary/spec/backfill.ts";
import {
  type HubspotArgs,
  hubspotCapture,
  postgresCapture,
  type SlackArgs,
  slackCapture,
} from "../estuary/spec/captures.ts";
import type { Specs } from "../estuary/spec/catalog.ts";
import {
  postgresMaterialization,
  type SnowflakeArgs,
  type StagedSource,
  snowflakeMaterialization,
} from "../estuary/spec/materializations.ts";
import type { PostgresReach } from "../estuary/spec/shared.ts";
import { type StreamName, streamNames, streams, tableOf } from "../estuary/spec/streams.ts";

/** The same properties, each possibly an output. */
type Inputs<T> = { [Key in keyof T]: pulumi.Input<T[Key]> };

type HubspotSecrets = Pick<HubspotArgs, "clientId" | "clientSecret" | "refreshToken">;
type SlackSecrets = Pick<SlackArgs, "token">;
type Backfill = Settings["pipeline"]["estuary"]["backfill"];

export interface EstuaryTasksArgs {
  /** Section `pipeline.estuary`. */
  settings: Settings["pipeline"]["estuary"];
  /** `<address>:<port>` of PostgreSQL as seen from the tunnel's end. */
  address: pulumi.Input<string>;
  /** SSH tunnel to that address. */
  tunnel: Inputs<{ endpoint: string; privateKey: string }>;
  /** PostgreSQL's, by login. Secret. A change publishes the tasks that log in with it again. */
  passwords: Inputs<Record<"flow_capture" | "flow_materialize", string>>;
  /** Default: HubSpot is not captured. */
  hubspot?: Inputs<HubspotSecrets> | undefined;
  /** Default: Slack is not captured. */
  slack?: Inputs<SlackSecrets> | undefined;
  /** Default: nothing is written to the warehouse. */
  snowflake?: Inputs<SnowflakeArgs> | undefined;
}

/** One task at Estuary, with the collections that are published together with it. */
export interface EstuaryTask {
  /** Suffix of the resource's name, and last part of the task's catalog name. */
  task: string;
  /** Catalog names of all its specs: known in previews, when the secrets in `specs` may not be. */
  names: string[];
  specs: pulumi.Output<Specs>;
}

/** Tasks by the order in which they are published. */
export interface EstuaryTasks {
  captures: EstuaryTask[];
  /** Default: no source is captured, so there are no tables for Estuary to create. */
  staging?: EstuaryTask & { tables: string[] };
  /** Default: nothing is written to the warehouse. */
  warehouse?: { source: EstuaryTask; target: EstuaryTask };
}

/** Stand in for secrets where only the names of specs are computed, which do not depend on them. */
const placeholders = {
  reach: { address: "none:5432", user: "none", password: "none" } satisfies PostgresReach,
  hubspot: { clientId: "none", clientSecret: "none", refreshToken: "none" },
  slack: { token: "none" },
  snowflake: {
    account: "none",
    database: "none",
    schema: "none",
    warehouse: "none",
    role: "none",
    user: "none",
    privateKey: "-----BEGIN PRIVATE KEY-----",
  },
} as const;

/** Streams of the warehouse, given the captured sources. Gong's tables always exist, even when empty. Pure. */
export const capturedOf = (sources: readonly StagedSource[]): StreamName[] =>
  streamNames.filter((name) => {
    const { source } = streams[name];
    return source === "gong" || sources.some((one) => one === source);
  });

const task = (name: string, backfill: Backfill, known: Specs, specs: pulumi.Output<Specs>): EstuaryTask => ({
  task: name,
  names: Object.keys(known),
  specs: specs.apply((complete) => withBackfill(complete, backfill)),
});

function captureTasks(prefix: string, { settings, hubspot, slack }: EstuaryTasksArgs): EstuaryTask[] {
  const { backfill } = settings;
  const fromHubspot = (secrets: HubspotSecrets) =>
    hubspotCapture(prefix, { ...secrets, ...settings.hubspot });
  const fromSlack = (secrets: SlackSecrets) => slackCapture(prefix, { ...secrets, ...settings.slack });
  return [
    ...(hubspot
      ? [
          task(
            "source-hubspot",
            backfill,
            fromHubspot(placeholders.hubspot),
            pulumi.output(hubspot).apply(fromHubspot),
          ),
        ]
      : []),
    ...(slack
      ? [task("source-slack", backfill, fromSlack(placeholders.slack), pulumi.output(slack).apply(fromSlack))]
      : []),
  ];
}

/** How Estuary reaches PostgreSQL as one of its two logins. */
const reachAs = (
  user: "flow_capture" | "flow_materialize",
  { address, tunnel, passwords }: EstuaryTasksArgs,
): pulumi.Output<PostgresReach> =>
  pulumi
    .all([address, tunnel.endpoint, tunnel.privateKey, passwords[user]])
    .apply(([known, endpoint, privateKey, password]) => ({
      address: known,
      user,
      password,
      tunnel: { endpoint, privateKey },
    }));

/** All tasks of a stack, given what it has the secrets for. Registers nothing. */
export function estuaryTasks(prefix: string, args: EstuaryTasksArgs): EstuaryTasks {
  const { snowflake, hubspot, slack } = args;
  const { backfill } = args.settings;
  const sources: StagedSource[] = [
    ...(hubspot ? ["hubspot" as const] : []),
    ...(slack ? ["slack" as const] : []),
  ];
  const captured = capturedOf(sources);
  const staged = (reach: PostgresReach) => postgresMaterialization(prefix, reach, sources);
  const replicated = (reach: PostgresReach) => postgresCapture(prefix, reach, captured);
  const loaded = (target: SnowflakeArgs) => snowflakeMaterialization(prefix, target, captured);
  return {
    captures: captureTasks(prefix, args),
    ...(sources.length > 0 && {
      staging: {
        ...task(
          "materialize-postgres",
          backfill,
          staged(placeholders.reach),
          reachAs("flow_materialize", args).apply(staged),
        ),
        tables: captured.filter((stream) => streams[stream].source !== "gong").map(tableOf),
      },
    }),
    ...(snowflake && {
      warehouse: {
        source: task(
          "source-postgres",
          backfill,
          replicated(placeholders.reach),
          reachAs("flow_capture", args).apply(replicated),
        ),
        target: task(
          "materialize-snowflake",
          backfill,
          loaded({ ...placeholders.snowflake, syncFrequency: args.settings.snowflake.syncFrequency }),
          pulumi.output(snowflake).apply(loaded),
        ),
      },
    }),
  };
}
