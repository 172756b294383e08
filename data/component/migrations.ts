import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../../components/core/base.ts";
import { contentHash } from "../../components/core/digest.ts";
import { type JobPlace, jobLabels, jobPod } from "./pod.ts";

/**
 * Applies migrations to the database, as a Job in the cluster. A change of the image or of the database creates a new Job,
 * which runs pending migrations only. If one fails, the update fails with its statement, and the database is unchanged.
 */
export class Migrations extends Component {
  /** Known only when the schema is up to date; what needs the schema depends on this. */
  readonly ready: pulumi.Output<boolean>;

  constructor(name: string, args: JobPlace, opts?: pulumi.ComponentResourceOptions) {
    super("data:Migrations", name, opts);
    const hash = pulumi
      .all([args.image, args.postgres.host])
      .apply(([image, host]) => contentHash(image, host));
    const job = new k8s.batch.v1.Job(
      this.childName("job"),
      {
        metadata: {
          name: pulumi.interpolate`migrate-${hash}`,
          namespace: args.namespace,
          labels: jobLabels("migrate"),
        },
        spec: {
          // One retry, for a pod that is lost with its node. The job itself waits for PostgreSQL and its roles; a refused
          // statement is refused again, and every further retry would double the time until the update fails.
          backoffLimit: 1,
          activeDeadlineSeconds: 600,
          template: jobPod({ ...args, job: "migrate", login: "pipeline", restartPolicy: "Never" }),
        },
      },
      this.child({ customTimeouts: { create: "12m" } }),
    );
    this.ready = job.id.apply((id) => id !== "");
    this.registerOutputs({ ready: this.ready });
  }
}
