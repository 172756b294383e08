import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { types } from "@pulumi/kubernetes";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../core/base.ts";
import { contentHash } from "../core/digest.ts";
import { toUrl } from "../network/egress.ts";
import { unlessDisrupted } from "../services/jobs.ts";
import { type BackupSecret, backupSecretNames } from "../settings/environment/backup.ts";
import type { Settings } from "../settings/schema.ts";
import { type BackupRun, backupLabels, backupPod, fetchPod, openPod, secretKeys } from "./pod.ts";

export interface BackupArgs {
  /** Section `backup`, and the images of the data stores. */
  settings: Pick<Settings, "backup" | "postgres" | "redis">;
  /** A change of one of `backupSecrets` runs a backup at once. */
  secrets: Partial<Record<BackupSecret, pulumi.Input<string>>>;
  /** PostgreSQL's and Redis's, with their Secrets. A change begins anew there. */
  namespace: pulumi.Input<string>;
  postgres: Omit<BackupRun["postgres"], "image">;
  redis: Omit<BackupRun["redis"], "image"> & { passwords: { backup: pulumi.Input<string> } };
}

const name = "backup";
const folder = join(import.meta.dirname, "scripts");

/** What the pods run, by file. */
const scriptTexts = (): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), "utf8")]));

/** @throws where the settings were not checked */
function given({ secrets }: BackupArgs, secret: BackupSecret): pulumi.Input<string> {
  const value = secrets[secret];
  if (value !== undefined) return value;
  throw new Error(`the secret ${secret} is not set, and the section backup stores with it`);
}

type PodTemplate = types.input.core.v1.PodTemplateSpec;

/** @param hours that a run may take */
const jobOf = (template: PodTemplate, hours: number): types.input.batch.v1.JobSpec => ({
  // Its programs try again by themselves; the next run starts anew.
  backoffLimit: 0,
  podFailurePolicy: unlessDisrupted,
  activeDeadlineSeconds: hours * 3600,
  template,
});

/**
 * Backups of PostgreSQL and Redis into an encrypted repository in an S3 bucket, on a schedule. The first run belongs to the
 * update, which fails with it: a bucket that cannot be written is known at once. A new repository, key or image, and other
 * scripts run a backup at once, too.
 */
export class Backup extends Component {
  constructor(component: string, args: BackupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("backup:Backup", component, opts);
    const { settings, namespace, postgres, redis } = args;
    const { backup } = settings;
    if (!backup) throw new Error("the section backup is missing, and there is nothing to back up by");
    const metadata = { name, namespace, labels: backupLabels };
    const secret = new k8s.core.v1.Secret(
      this.childName("secret"),
      {
        metadata,
        stringData: {
          [secretKeys.password]: given(args, "backupPassword"),
          [secretKeys.accessKeyId]: given(args, "backupAccessKeyId"),
          [secretKeys.secretAccessKey]: given(args, "backupSecretAccessKey"),
          [secretKeys.redis]: redis.passwords.backup,
        },
      },
      this.child(),
    );
    const texts = { ...scriptTexts(), repository: `${backup.repository}\n` };
    const scripts = new k8s.core.v1.ConfigMap(
      this.childName("scripts"),
      { metadata, data: texts },
      this.child(),
    );
    // PostgreSQL, Redis and names are open to it as to every client of theirs.
    const policy = new k8s.networking.v1.NetworkPolicy(
      this.childName("policy"),
      {
        metadata,
        spec: {
          podSelector: { matchLabels: backupLabels },
          policyTypes: ["Egress"],
          egress: [toUrl(backup.repository.replace(/^s3:/, ""))],
        },
      },
      this.child(),
    );
    const run: BackupRun = {
      settings: backup,
      stack: pulumi.getStack(),
      postgres: {
        image: settings.postgres.image,
        host: postgres.host,
        port: postgres.port,
        databases: postgres.databases,
        loginSecrets: postgres.loginSecrets,
        caSecret: postgres.caSecret,
      },
      redis: {
        image: settings.redis.image,
        host: redis.host,
        port: redis.port,
        caSecret: redis.caSecret,
      },
      scripts: scripts.metadata.name,
      secret: secret.metadata.name,
    };
    const after = this.child({ dependsOn: [policy] });
    const once = { successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 3, concurrencyPolicy: "Forbid" };
    new k8s.batch.v1.CronJob(
      this.childName("cron"),
      {
        metadata,
        spec: {
          ...once,
          schedule: backup.schedule,
          // A server that was away at that time makes up for it.
          startingDeadlineSeconds: 3600,
          jobTemplate: { metadata: { labels: backupLabels }, spec: jobOf(backupPod(run), 6) },
        },
      },
      after,
    );
    // Only ever started by hand: docs/runbooks/backup.md.
    new k8s.batch.v1.CronJob(
      this.childName("fetch"),
      {
        metadata: { ...metadata, name: `${name}-fetch` },
        spec: {
          ...once,
          schedule: backup.schedule,
          suspend: true,
          jobTemplate: { metadata: { labels: backupLabels }, spec: jobOf(fetchPod(run), 6) },
        },
      },
      after,
    );
    this.#first(
      run,
      [backup.image, texts, ...backupSecretNames.map((each) => given(args, each))],
      {
        ...metadata,
        // The next update replaces a Job that failed.
        annotations: { "pulumi.com/replaceUnready": "true" },
      },
      policy,
    );
    this.registerOutputs({});
  }

  /** The run that belongs to an update, after the repository was opened. @param parts what starts another one */
  #first(
    run: BackupRun,
    parts: pulumi.Input<unknown>[],
    metadata: types.input.meta.v1.ObjectMeta,
    policy: pulumi.Resource,
  ): void {
    const hash = pulumi.unsecret(pulumi.all(parts).apply((known) => contentHash(...known)));
    const job = (suffix: string, prefix: string, pod: PodTemplate, dependsOn: pulumi.Resource) =>
      new k8s.batch.v1.Job(
        this.childName(suffix),
        { metadata: { ...metadata, name: pulumi.interpolate`${prefix}-${hash}` }, spec: jobOf(pod, 1) },
        this.child({
          dependsOn: [dependsOn],
          // A Job that stays after its replacement failed would have the name that the original contents need again.
          deleteBeforeReplace: true,
          customTimeouts: { create: "65m", update: "65m" },
        }),
      );
    const opened = job("open", `${name}-open`, openPod(run), policy);
    job("first", name, backupPod(run), opened);
  }
}
