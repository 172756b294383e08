import { z } from "zod";
import { gpuSettings, k3sSettings } from "./k3s.ts";
import { fleetSettings, lambdaSettings } from "./lambda.ts";
import { mcpSettings, nginxSettings, postgresSettings, redisSettings } from "./services.ts";

/**
 * Every setting of a stack. Each top-level key is one Pulumi config key `sophia-infra:<key>`.
 * Secrets come from Pulumi ESC and are marked secret there.
 */
export const settingsSchema = z.strictObject({
  lambda: lambdaSettings,
  hosts: fleetSettings,
  k3s: k3sSettings,
  gpu: gpuSettings.prefault({}),
  postgres: postgresSettings.prefault({}),
  redis: redisSettings.prefault({}),
  nginx: nginxSettings,
  mcp: mcpSettings.prefault({}),
  /** Storage class of every volume. */
  storageClass: z.string().default("local-path"),
  /** The preview fails when the estimate exceeds this many US dollars a month. */
  budget: z.strictObject({ monthlyUsd: z.number().positive() }),
});
export type Settings = z.infer<typeof settingsSchema>;

/** Secrets, each one Pulumi config key `sophia-infra:<key>`; all are required and must be marked secret. */
export const secretsSchema = z.strictObject({
  /** Lambda Cloud API key. A change re-configures the provider and touches no instance. */
  lambdaApiKey: z.string().min(1),
  /** Private half of `lambda.sshKey`, OpenSSH or PEM. */
  sshPrivateKey: z.string().includes("PRIVATE KEY", { error: "must be a PEM private key" }),
  /** Certificate chain for `nginx.hostnames`, PEM. A change reloads Nginx. */
  tlsCertificate: z.string().includes("BEGIN CERTIFICATE", { error: "must be a PEM certificate" }),
  /** Private key of the certificate, PEM. */
  tlsKey: z.string().includes("PRIVATE KEY", { error: "must be a PEM private key" }),
});
export type Secrets = z.infer<typeof secretsSchema>;
export type SecretName = keyof Secrets;
