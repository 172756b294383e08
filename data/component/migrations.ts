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
  constructor(name: string, args: JobPlace, opts?: pulumi.ComponentResourceOptions) {
    super("data:Migrations", name, opts);
    const hash = pulumi
      .all([args.image, args.postgres.host])
      .apply(([image, host]) => contentHash(image, host));
    new k8s.batch.v1.Job(
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
      // If the new Job stayed beside the old one after its failure, the former image would need the old one's name again.
      this.child({ deleteBeforeReplace: true, customTimeouts: { create: "12m" } }),
    );
    this.registerOutputs({});
  }
}
