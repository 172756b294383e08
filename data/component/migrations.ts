import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../../components/core/base.ts";
import { contentHash, type JobPlace, jobLabels, jobPod } from "./pod.ts";

/**
 * The database's schema, brought up to date by a Job in the cluster. Another image, or another database, is another Job;
 * what was run before is not run again. An update fails with the statement that failed, and the database is as it was.
 */
export class Migrations extends Component {
  /** Known only when the schema is there; whoever needs it waits for this. */
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
          // Once more, where a node took the pod with it. The job itself waits for PostgreSQL and for its roles; a
          // statement that is refused is refused again, and each further try would double the wait to be told.
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
