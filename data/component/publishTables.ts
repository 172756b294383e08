import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../../components/core/base.ts";
import { contentHash } from "../../components/core/digest.ts";
import { type JobPlace, jobLabels, jobPod } from "./pod.ts";

export interface PublishTablesArgs extends JobPlace {
  /** Revision of the publication that creates the tables. A change runs the job again. */
  publication: pulumi.Input<string>;
  /** The tables that it creates. */
  tables: readonly string[];
}

/**
 * Adds the tables that Estuary creates to the publication: once after the publication that creates them, and then every
 * ten minutes, because a table that Estuary recreates is no longer in the publication.
 */
export class PublishTables extends Component {
  constructor(name: string, args: PublishTablesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data:PublishTables", name, opts);
    const metadata = { namespace: args.namespace, labels: jobLabels("publish-tables") };
    const environment = { SOPHIA_PUBLISH_TABLES: args.tables.join(",") };
    const pod = {
      ...args,
      environment,
      job: "publish-tables",
      login: "pipeline",
      restartPolicy: "Never",
    } as const;
    const hash = pulumi
      .all([args.image, args.postgres.host, args.publication, args.tables])
      .apply((parts) => contentHash(...parts));
    const deadline = args.settings.estuary.tableDeadline;
    const job = new k8s.batch.v1.Job(
      this.childName("job"),
      {
        metadata: { ...metadata, name: pulumi.interpolate`publish-tables-${hash}` },
        spec: {
          backoffLimit: 2,
          activeDeadlineSeconds: deadline + 120,
          template: jobPod({
            ...pod,
            environment: { ...environment, SOPHIA_PUBLISH_DEADLINE: String(deadline) },
          }),
        },
      },
      // As with migrations: the former tasks need the former name again.
      this.child({ deleteBeforeReplace: true, customTimeouts: { create: `${deadline + 240}s` } }),
    );
    new k8s.batch.v1.CronJob(
      this.childName("again"),
      {
        metadata: { ...metadata, name: "publish-tables" },
        spec: {
          schedule: "*/10 * * * *",
          concurrencyPolicy: "Forbid",
          successfulJobsHistoryLimit: 1,
          failedJobsHistoryLimit: 1,
          jobTemplate: {
            spec: { backoffLimit: 1, activeDeadlineSeconds: 120, template: jobPod(pod) },
          },
        },
      },
      this.child({ dependsOn: [job] }),
    );
    this.registerOutputs({});
  }
}
