import { z } from "zod";
import type { OptionalSecretName, RequiredSecretName } from "./environment/secrets.ts";
import { liveSecrets } from "./environment/uses.ts";
import { backupSettings } from "./sections/backup.ts";
import { name } from "./sections/formats.ts";
import { gpuSettings } from "./sections/gpu.ts";
import { imagesSettings } from "./sections/images.ts";
import { k3sSettings } from "./sections/k3s.ts";
import { fleetSettings, lambdaSettings } from "./sections/lambda.ts";
import { monitoringSettings } from "./sections/monitoring.ts";
import { pipelineSettings } from "./sections/pipeline.ts";
import { mcpSettings, nginxSettings, postgresSettings, redisSettings } from "./sections/services.ts";

/**
 * Every setting of a stack. Each top-level key is one Pulumi config key `sophia-infra:<key>`.
 * Secrets come from Pulumi ESC and are marked secret there.
 */
export const settingsSchema = z
  .strictObject({
    lambda: lambdaSettings,
    hosts: fleetSettings,
    k3s: k3sSettings,
    gpu: gpuSettings.prefault({}),
    postgres: postgresSettings.prefault({}),
    redis: redisSettings.prefault({}),
    nginx: nginxSettings,
    mcp: mcpSettings.prefault({}),
    pipeline: pipelineSettings,
    monitoring: monitoringSettings.prefault({}),
    /** Left out: nothing is backed up. */
    backup: backupSettings.optional(),
    images: imagesSettings.prefault({}),
    /**
     * Storage class of every volume. A change needs [a step by hand](runbooks/upgrade.md#another-volume-size), or the update
     * fails; existing volumes of PostgreSQL, Redis and monitoring stay where they are.
     */
    storageClass: name.default("local-path"),
    /** What the stack may cost at Lambda Cloud. */
    budget: z.strictObject({
      /**
       * US dollars a month: the preview fails when the estimate exceeds them. A host that is not adopted counts with the
       * dearest of its instance types, also while it runs as a cheaper one: the next launch may end up with any of them.
       */
      monthlyUsd: z.number().positive(),
    }),
  })
  .superRefine(({ hosts, postgres }, context) => {
    const places = hosts.filter(({ roles }) => roles.includes("data")).length;
    // Two servers of one cluster never share a host: a further one would wait for its place, and nothing would say so.
    if (postgres.instances > places)
      context.addIssue({
        code: "custom",
        path: ["postgres", "instances"],
        message: `${postgres.instances} servers need as many hosts with role data, got ${places}`,
      });
  });
export type Settings = z.infer<typeof settingsSchema>;

/**
 * Secrets, each one Pulumi config key `sophia-infra:<key>`, from the list in `environment/secrets.ts`; they must be
 * marked secret. Secrets that nothing reads yet are not among them.
 */
export const secretsSchema = z.strictObject(
  Object.fromEntries(
    [...liveSecrets].map(([name, { format, required }]) => [name, required ? format : format.optional()]),
  ),
);
export type Secrets = Record<RequiredSecretName, string> & Partial<Record<OptionalSecretName, string>>;
