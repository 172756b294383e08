import * as pulumi from "@pulumi/pulumi";
import { Component } from "../../components/core/base.ts";
import type { Settings } from "../../components/settings/schema.ts";
import { Publication } from "../estuary/provider/resources.ts";
import { ReplicationSlot } from "../estuary/slot/resource.ts";
import { withBackfill } from "../estuary/spec/backfill.ts";
import { hubspotCapture, postgresCapture, slackCapture } from "../estuary/spec/captures.ts";
import type { Specs } from "../estuary/spec/catalog.ts";
import {
  postgresMaterialization,
  type SnowflakeArgs,
  type StagedSource,
  snowflakeMaterialization,
} from "../estuary/spec/materializations.ts";
import type { PostgresReach } from "../estuary/spec/shared.ts";
import {
  replication,
  type StreamName,
  stagingDatabase,
  streamNames,
  streams,
  tableOf,
} from "../estuary/spec/streams.ts";
import type { JobPlace } from "./pod.ts";
import { PublishTables } from "./publishTables.ts";

/** Values that may be known, or told, only later. */
type Later<T> = { [Key in keyof T]: pulumi.Input<T[Key]> };

export interface EstuaryArgs {
  settings: Settings["pipeline"];
  /** How it reaches PostgreSQL: `<address>:<port>` from the tunnel's end, and the tunnel. */
  address: pulumi.Input<string>;
  tunnel: Later<{ endpoint: string; privateKey: string }>;
  passwords: Later<Record<"flow_capture" | "flow_materialize", string>>;
  /** PEM of what PostgreSQL's certificate is signed with, for what is done there when the capture is deleted. */
  ca: pulumi.Input<string>;
  /** Left out: HubSpot is not captured. */
  hubspot?: Later<{ clientId: string; clientSecret: string; refreshToken: string }> | undefined;
  /** Left out: Slack is not captured. */
  slack?: Later<{ token: string }> | undefined;
  /** Left out: nothing goes to the warehouse. */
  snowflake?: Later<SnowflakeArgs> | undefined;
  /** Where the job runs that publishes the tables that Estuary makes. */
  jobs: JobPlace;
}

/** Key that passes for one while the names of specs are worked out. */
const noKey = "-----BEGIN PRIVATE KEY-----";
const nobody: PostgresReach = { address: "nowhere:5432", user: "nobody", password: "none" };

/** What flows into the warehouse, given the sources. Gong's tables are always there, be they empty. Pure. */
export const capturedOf = (sources: readonly StagedSource[]): StreamName[] =>
  streamNames.filter((name) => {
    const { source } = streams[name];
    return source === "gong" || sources.some((one) => one === source);
  });

/** Everything that runs at Estuary: HubSpot and Slack into PostgreSQL's staging tables, and those into the warehouse. */
export class Estuary extends Component {
  /** Names of what is published. */
  readonly tasks: string[] = [];

  constructor(name: string, args: EstuaryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data:Estuary", name, opts);
    const { estuary } = args.settings;
    const prefix = `${estuary.tenant}/${pulumi.getStack()}`;
    const publish = (task: string, names: Specs, specs: pulumi.Input<Specs>, after: pulumi.Resource[]) => {
      const owner = `${prefix}/${task}`;
      this.tasks.push(owner);
      return new Publication(
        this.childName(task),
        {
          owner,
          names: Object.keys(names),
          specs: pulumi.output(specs).apply((some) => withBackfill(some as Specs, estuary.backfill)),
        },
        this.child({ dependsOn: after }),
      );
    };
    const reach = (user: "flow_capture" | "flow_materialize"): pulumi.Output<PostgresReach> =>
      pulumi
        .all([args.address, args.tunnel.endpoint, args.tunnel.privateKey, args.passwords[user]])
        .apply(([address, endpoint, privateKey, password]) => ({
          address,
          user,
          password,
          tunnel: { endpoint, privateKey },
        }));

    const captures: Publication[] = [];
    const sources: StagedSource[] = [];
    if (args.hubspot) {
      const { hubspot } = estuary;
      const of = (secrets: { clientId: string; clientSecret: string; refreshToken: string }) =>
        hubspotCapture(prefix, { ...secrets, ...hubspot });
      const none = of({ clientId: "none", clientSecret: "none", refreshToken: "none" });
      captures.push(publish("source-hubspot", none, pulumi.output(args.hubspot).apply(of), []));
      sources.push("hubspot");
    }
    if (args.slack) {
      const of = ({ token }: { token: string }) => slackCapture(prefix, { token, ...estuary.slack });
      captures.push(publish("source-slack", of({ token: "none" }), pulumi.output(args.slack).apply(of), []));
      sources.push("slack");
    }
    const flowing = capturedOf(sources);
    const after: pulumi.Resource[] = [];
    if (sources.length > 0) {
      const of = (how: PostgresReach) => postgresMaterialization(prefix, how, sources);
      const staged = publish(
        "materialize-postgres",
        of(nobody),
        reach("flow_materialize").apply(of),
        captures,
      );
      after.push(
        new PublishTables(
          this.childName("tables"),
          {
            ...args.jobs,
            publication: staged.revision,
            tables: flowing.filter((stream) => streams[stream].source !== "gong").map(tableOf),
          },
          this.child({ dependsOn: [staged] }),
        ),
      );
    }
    if (args.snowflake) {
      const of = (how: PostgresReach) => postgresCapture(prefix, how, flowing);
      const slot = new ReplicationSlot(
        this.childName("slot"),
        {
          slot: replication.slot,
          database: stagingDatabase,
          user: "flow_capture",
          password: args.passwords.flow_capture,
          address: args.address,
          tunnel: args.tunnel,
          ca: args.ca,
          serverName: args.jobs.postgres.host,
        },
        this.child(),
      );
      const captured = publish("source-postgres", of(nobody), reach("flow_capture").apply(of), [
        ...after,
        slot,
      ]);
      const into = (target: SnowflakeArgs) => snowflakeMaterialization(prefix, target, flowing);
      const { syncFrequency } = estuary.snowflake;
      const nowhere = { account: "none", database: "d", schema: "s", warehouse: "w", role: "r", user: "u" };
      publish(
        "materialize-snowflake",
        into({ ...nowhere, privateKey: noKey, syncFrequency }),
        pulumi.output(args.snowflake).apply((target) => into(target as SnowflakeArgs)),
        [captured],
      );
    }
    this.registerOutputs({ tasks: this.tasks });
  }
}
