import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../../components/core/base.ts";
import { toUrl } from "../../components/network/egress.ts";
import { contentHash, type JobPlace, jobLabels, jobPod } from "./pod.ts";

export interface GongArgs extends JobPlace {
  accessKey: pulumi.Input<string>;
  accessKeySecret: pulumi.Input<string>;
}

const keyVariable = "SOPHIA_GONG_ACCESS_KEY_FILE";
const secretVariable = "SOPHIA_GONG_ACCESS_KEY_SECRET_FILE";

/**
 * The Gong extractor, as a CronJob: runs never overlap, and one that was cut off is gone on with by the next. The first
 * run comes with each new image, database or key, rather than when the schedule says: what is wrong shows at once.
 */
export class Gong extends Component {
  constructor(name: string, args: GongArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data:Gong", name, opts);
    const { gong } = args.settings;
    const labels = jobLabels("gong");
    const metadata = { name: "pipeline-gong", namespace: args.namespace, labels };
    const secret = new k8s.core.v1.Secret(
      this.childName("secret"),
      {
        metadata,
        stringData: { [keyVariable]: args.accessKey, [secretVariable]: args.accessKeySecret },
      },
      this.child(),
    );
    const policy = new k8s.networking.v1.NetworkPolicy(
      this.childName("policy"),
      {
        metadata,
        spec: {
          podSelector: { matchLabels: labels },
          policyTypes: ["Egress"],
          egress: [toUrl(gong.apiUrl)],
        },
      },
      this.child(),
    );
    const run = {
      // The next run goes on where this one ended.
      backoffLimit: 0,
      activeDeadlineSeconds: 6 * 3600,
      template: jobPod({
        ...args,
        job: "gong",
        login: "gong_loader",
        restartPolicy: "Never",
        secret: { name: secret.metadata.name, variables: [keyVariable, secretVariable] },
        environment: {
          SOPHIA_GONG_API_URL: gong.apiUrl,
          SOPHIA_GONG_EXTRACTOR_REQUESTS_PER_SECOND: String(gong.requestsPerSecond),
          SOPHIA_GONG_EXTRACTOR_REQUESTS_PER_DAY: String(gong.requestsPerDay),
          SOPHIA_GONG_START: gong.start,
          SOPHIA_GONG_LAG: String(gong.lag),
          SOPHIA_GONG_OVERLAP: String(gong.overlap),
          SOPHIA_GONG_LOOKBACK_DAYS: String(gong.lookbackDays),
          SOPHIA_GONG_LOOKBACK_INTERVAL: String(gong.lookbackInterval),
        },
      }),
    };
    new k8s.batch.v1.CronJob(
      this.childName("cron"),
      {
        metadata,
        spec: {
          schedule: gong.schedule,
          concurrencyPolicy: "Forbid",
          startingDeadlineSeconds: 300,
          successfulJobsHistoryLimit: 1,
          failedJobsHistoryLimit: 3,
          jobTemplate: { spec: run },
        },
      },
      this.child({ dependsOn: [policy] }),
    );
    const hash = pulumi
      .all([args.image, args.postgres.host, gong.apiUrl, args.accessKey, args.accessKeySecret])
      .apply((parts) => contentHash(...parts));
    new k8s.batch.v1.Job(
      this.childName("first"),
      {
        metadata: {
          ...metadata,
          name: pulumi.unsecret(pulumi.interpolate`pipeline-gong-${hash}`),
          // The first load of a long history takes hours, which no update waits for.
          annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: run,
      },
      this.child({ dependsOn: [policy] }),
    );
    this.registerOutputs({});
  }
}
