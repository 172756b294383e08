import { z } from "zod";
import { images } from "../../core/versions.ts";
import { cron, image } from "./formats.ts";
import { demand, quantity } from "./quantities.ts";

/** Scheduled backups of PostgreSQL and Redis, by restic. */
export const backupSettings = z.strictObject({
  /**
   * Where they are kept: a folder of its own for each stack, in any S3-compatible bucket. The bucket and its keys are made
   * by hand; the first run makes the repository. A host name must be of the internet: network policies let pods reach a private
   * network by its address only. A change begins a new one: backups in the former stay there, and are no
   * longer thinned out.
   */
  repository: z
    .string()
    .regex(
      /^s3:https?:\/\/[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[1-9][0-9]{0,4})?\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[A-Za-z0-9._-]+)+$/,
      "an S3 bucket and a folder in it, like s3:https://s3.us-west-2.amazonaws.com/bucket/prod, without user and password",
    ),
  /** When a backup begins, UTC. A change takes effect at the next time. */
  schedule: cron.default("30 2 * * *"),
  /**
   * How many are kept: all of the last three days, and the last one of each of so many days, weeks and months. A change thins
   * out in the next run.
   */
  keep: z
    .strictObject({
      /** Days with a backup. */
      daily: z.number().int().min(1).default(7),
      /** Weeks. */
      weekly: z.number().int().min(0).default(5),
      /** Months. */
      monthly: z.number().int().min(0).default(12),
    })
    .prefault({}),
  /** Hours after which a backup is missed: alert `BackupTooOld`. A change restarts Prometheus. */
  maxAgeHours: z.number().int().min(1).default(26),
  /** restic's, which must have a shell. A change runs a backup at once. */
  image: image.default(images.restic),
  /** Of each step: dump, copy, restic. A change takes effect at the next run. */
  resources: demand.default({
    requests: { cpu: "100m", memory: "256Mi" },
    limits: { cpu: "2000m", memory: "1Gi" },
  }),
  /** Room for the dumps of a run, on the disk of the host with role `data`: as much as the databases' rows and Redis's memory. */
  scratch: quantity.default("50Gi"),
});
