import * as pulumi from "@pulumi/pulumi";
import { Component } from "../../components/core/base.ts";
import type { Settings } from "../../components/settings/schema.ts";
import { Publication } from "../estuary/provider/resources.ts";
import { ReplicationSlot } from "../estuary/slot/resource.ts";
import { replication, stagingDatabase } from "../estuary/spec/streams.ts";
import { type EstuaryTask, type EstuaryTasks, type EstuaryTasksArgs, estuaryTasks } from "./estuaryTasks.ts";
import type { JobPlace } from "./pod.ts";
import { PublishTables } from "./publishTables.ts";

export interface EstuaryArgs extends Omit<EstuaryTasksArgs, "settings"> {
  /** Section `pipeline`. */
  settings: Settings["pipeline"];
  /** PEM of the authority of PostgreSQL's certificate, for the removal of the replication slot. */
  ca: pulumi.Input<string>;
  /** Where the job runs that publishes the tables that Estuary creates. */
  jobs: JobPlace;
}

/** Everything that runs at Estuary: HubSpot and Slack into PostgreSQL's staging tables, and those into the warehouse. */
export class Estuary extends Component {
  /** Catalog names of the published tasks. */
  readonly tasks: string[] = [];
  readonly #prefix: string;

  constructor(name: string, args: EstuaryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data:Estuary", name, opts);
    const { estuary } = args.settings;
    this.#prefix = `${estuary.tenant}/${pulumi.getStack()}`;
    const { captures, staging, warehouse } = estuaryTasks(this.#prefix, { ...args, settings: estuary });
    const captured = captures.map((task) => this.#publish(task, []));
    const tables = staging ? [this.#stage(staging, captured, args.jobs)] : [];
    if (warehouse) this.#load(warehouse, tables, args);
    this.registerOutputs({ tasks: this.tasks });
  }

  /**
   * @param after what is published, or made, before it
   * @param reads what publishes its collections. Replaced, these go for a moment, and Estuary disables for good what is
   *   bound to them: so it is replaced with them.
   */
  #publish(
    { task, names, specs }: EstuaryTask,
    after: pulumi.Resource[],
    reads: Publication[] = [],
  ): Publication {
    const owner = `${this.#prefix}/${task}`;
    this.tasks.push(owner);
    return new Publication(
      this.childName(task),
      { owner, names, specs },
      this.child({ dependsOn: after, replaceWith: reads }),
    );
  }

  /** Estuary creates the staging tables; the job adds them to the publication that the next capture reads. */
  #stage(
    staging: NonNullable<EstuaryTasks["staging"]>,
    captures: Publication[],
    jobs: JobPlace,
  ): PublishTables {
    const published = this.#publish(staging, captures, captures);
    return new PublishTables(
      this.childName("tables"),
      { ...jobs, publication: published.revision, tables: staging.tables },
      this.child({ dependsOn: [published] }),
    );
  }

  #load(
    { source, target }: NonNullable<EstuaryTasks["warehouse"]>,
    tables: pulumi.Resource[],
    { address, tunnel, passwords, ca, jobs }: EstuaryArgs,
  ): void {
    const slot = new ReplicationSlot(
      this.childName("slot"),
      {
        slot: replication.slot,
        database: stagingDatabase,
        user: "flow_capture",
        password: passwords.flow_capture,
        address,
        tunnel,
        ca,
        serverName: jobs.postgres.host,
      },
      this.child(),
    );
    const capture = this.#publish(source, [...tables, slot]);
    this.#publish(target, [capture], [capture]);
  }
}
