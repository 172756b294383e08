import type { types } from "@pulumi/kubernetes";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../../components/core/base.ts";
import { contentHash } from "../../components/core/digest.ts";
import { toUrl } from "../../components/network/egress.ts";
import { minutesBetween } from "../../components/settings/sections/pipeline.ts";
import { type JobPlace, jobLabels, jobPod } from "./pod.ts";

export interface GongArgs extends JobPlace {
  /** Gong's access key. Secret. A change starts a run at once. */
  accessKey: pulumi.Input<string>;
  /** The secret half of that key. Secret. */
  accessKeySecret: pulumi.Input<string>;
}

const keyVariable = "SOPHIA_GONG_ACCESS_KEY_FILE";
const secretVariable = "SOPHIA_GONG_ACCESS_KEY_SECRET_FILE";

/** Environment of a run, from the settings. Pure. */
const environmentOf = (gong: GongArgs["settings"]["gong"]): Record<string, string> => ({
  SOPHIA_GONG_API_URL: gong.apiUrl,
  SOPHIA_GONG_EXTRACTOR_REQUESTS_PER_SECOND: String(gong.requestsPerSecond),
  SOPHIA_GONG_EXTRACTOR_REQUESTS_PER_DAY: String(gong.requestsPerDay),
  SOPHIA_GONG_START: gong.start,
  SOPHIA_GONG_LAG: String(gong.lag),
  SOPHIA_GONG_OVERLAP: String(gong.overlap),
  SOPHIA_GONG_LOOKBACK_DAYS: String(gong.lookbackDays),
  SOPHIA_GONG_LOOKBACK_INTERVAL: String(gong.lookbackInterval),
  ...(gong.readInterval !== undefined && {
    SOPHIA_GONG_READ_INTERVAL: String(gong.readInterval),
    SOPHIA_GONG_READ_UNTIL: String((minutesBetween(gong.schedule) ?? 0) * 60),
  }),
});

/** One run. @param secret name of the Secret with Gong's access key */
const runOf = (args: GongArgs, secret: pulumi.Input<string>): types.input.batch.v1.JobSpec => ({
  // The next run continues where this one ended.
  backoffLimit: 0,
  activeDeadlineSeconds: 6 * 3600,
  template: jobPod({
    ...args,
    job: "gong",
    login: "gong_loader",
    restartPolicy: "Never",
    secret: { name: secret, variables: [keyVariable, secretVariable] },
    environment: environmentOf(args.settings.gong),
  }),
});

const scheduleOf = (
  schedule: string,
  run: types.input.batch.v1.JobSpec,
): types.input.batch.v1.CronJobSpec => ({
  schedule,
  concurrencyPolicy: "Forbid",
  startingDeadlineSeconds: 300,
  successfulJobsHistoryLimit: 1,
  failedJobsHistoryLimit: 3,
  jobTemplate: { spec: run },
});

/**
 * The Gong extractor, as a CronJob: runs never overlap, and the next run continues an interrupted one. A new image,
 * database or key also starts a run at once, instead of at the next scheduled time, so that faults show immediately.
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
    const run = runOf(args, secret.metadata.name);
    new k8s.batch.v1.CronJob(
      this.childName("cron"),
      { metadata, spec: scheduleOf(gong.schedule, run) },
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
          // The first load of a long history takes hours: updates do not wait for it.
          annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: run,
      },
      this.child({ dependsOn: [policy] }),
    );
    this.registerOutputs({});
  }
}
