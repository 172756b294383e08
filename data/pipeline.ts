import * as pulumi from "@pulumi/pulumi";
import { Component } from "../components/core/base.ts";
import type { Postgres } from "../components/services/postgres/index.ts";
import type { Settings } from "../components/settings/schema.ts";
import { Estuary } from "./component/estuary.ts";
import { Gong } from "./component/gong.ts";
import { Migrations } from "./component/migrations.ts";
import {
  estuaryArgs,
  gongArgs,
  jobPlace,
  type PartContext,
  type PipelineSecrets,
  qualityArgs,
  warehouseArgs,
} from "./component/pipelineArgs.ts";
import { PostgresEndpoint } from "./component/postgresEndpoint.ts";
import type { StreamName } from "./estuary/spec/streams.ts";
import { type Part, partsOf, streamsOf } from "./parts.ts";
import { Quality } from "./quality/component/quality.ts";
import { Snowflake } from "./snowflake/component.ts";

export interface PipelineArgs {
  /** Section `pipeline`. */
  settings: Settings["pipeline"];
  /** Image of the migrations, of Gong's extractor and of the quality checks. */
  image: pulumi.Input<string>;
  /** Namespace of its objects. A change creates them anew in the other one. */
  namespace: pulumi.Input<string>;
  /** Has the staging database, which the migrations set up. */
  postgres: Postgres;
  /** Secrets that the stack has. A part whose secrets are missing is disabled. */
  secrets: PipelineSecrets;
  /** Allows SSH forwarding to an address in the cluster. Returns the SSH endpoint: `ssh://<user>@<host>:<port>`. */
  tunnel(target: pulumi.Output<string>): pulumi.Output<string>;
}

/** HubSpot, Slack and Gong into PostgreSQL's staging database, and on to the warehouse. */
export class Pipeline extends Component {
  /** Parts that run; the others lack secrets. */
  readonly parts: Part[];
  /** Streams that arrive in staging, and are checked. */
  readonly streams: readonly StreamName[];

  constructor(name: string, args: PipelineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data:Pipeline", name, opts);
    const { settings, secrets } = args;
    const { running, notices } = partsOf(settings, new Set(Object.keys(secrets)));
    for (const notice of notices) void pulumi.log.info(notice, this);
    this.parts = running;
    this.streams = streamsOf(running);

    const jobs = jobPlace(args, args.postgres);
    const migrations = new Migrations(this.childName("migrations"), jobs, this.child());
    const migrated = this.child({ dependsOn: [migrations] });

    const context: PartContext = { settings, secrets, running, jobs };
    const warehouse = running.includes("snowflake")
      ? new Snowflake(this.childName("snowflake"), warehouseArgs(context), this.child())
      : undefined;
    const estuary = running.includes("estuary")
      ? this.#estuary(args, context, warehouse, migrated)
      : undefined;
    if (running.includes("gong")) new Gong(this.childName("gong"), gongArgs(context), migrated);
    if (settings.enabled) {
      const checked = qualityArgs(context, this.streams, estuary?.tasks ?? [], warehouse);
      new Quality(this.childName("quality"), checked, migrated);
    }
    this.registerOutputs({ parts: this.parts });
  }

  /** Estuary reaches PostgreSQL by an address that stays the same, through SSH. */
  #estuary(
    { namespace, postgres, tunnel }: PipelineArgs,
    context: PartContext,
    warehouse: Snowflake | undefined,
    opts: pulumi.ComponentResourceOptions,
  ): Estuary {
    const { target } = new PostgresEndpoint(
      this.childName("endpoint"),
      { namespace, port: postgres.port },
      this.child(),
    );
    const way = { address: target, endpoint: tunnel(target) };
    return new Estuary(this.childName("estuary"), estuaryArgs(context, postgres, way, warehouse), opts);
  }
}
