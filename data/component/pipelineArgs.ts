import type * as pulumi from "@pulumi/pulumi";
import type { Postgres } from "../../components/services/postgres/index.ts";
import type { AnySecretName } from "../../components/settings/environment/secrets.ts";
import type { Settings } from "../../components/settings/schema.ts";
import type { Part } from "../parts.ts";
import type { QualityArgs } from "../quality/component/quality.ts";
import type { Snowflake, SnowflakeArgs } from "../snowflake/component.ts";
import type { EstuaryArgs } from "./estuary.ts";
import type { GongArgs } from "./gong.ts";
import type { JobPlace } from "./pod.ts";

/* Arguments of the pipeline's parts, from settings, secrets and the parts before them. Nothing here registers a resource. */

/** Secrets that the stack has. */
export type PipelineSecrets = Partial<Record<AnySecretName, pulumi.Output<string>>>;

/** What several parts are given. */
export interface PartContext {
  settings: Settings["pipeline"];
  secrets: PipelineSecrets;
  /** Parts that run: their secrets are there. */
  running: readonly Part[];
  jobs: JobPlace;
}

/** @throws when the stack does not have it, although a part runs that needs it */
function requiredSecret(secrets: PipelineSecrets, name: AnySecretName): pulumi.Output<string> {
  const value = secrets[name];
  if (value) return value;
  throw new Error(`the secret ${name} is not set, but a part of the pipeline that needs it is enabled`);
}

/** Where jobs run, and how they reach PostgreSQL. */
export const jobPlace = (
  { settings, image, namespace }: Pick<JobPlace, "settings" | "image" | "namespace">,
  { host, port, passwords, loginSecrets, caSecret }: Postgres,
): JobPlace => ({
  settings,
  image,
  namespace,
  postgres: { host, port, passwords, loginSecrets, caSecret },
});

/** The warehouse, with the users whose keys the stack has. @throws without the administrator's key */
export const warehouseArgs = ({ settings, secrets }: PartContext): SnowflakeArgs => ({
  settings: settings.snowflake,
  privateKey: requiredSecret(secrets, "snowflakePrivateKey"),
  loaderPrivateKey: secrets.snowflakeLoaderPrivateKey,
  readerPrivateKey: secrets.snowflakeReaderPrivateKey,
});

/** Where Estuary writes; undefined without a warehouse, or without its loader. */
function targetOf(
  { settings, secrets }: PartContext,
  warehouse: Snowflake | undefined,
): EstuaryArgs["snowflake"] {
  const loader = warehouse?.logins.loader;
  if (!warehouse || !loader) return undefined;
  return {
    account: warehouse.address.identifier.toLowerCase(),
    database: warehouse.database,
    schema: warehouse.schema,
    warehouse: warehouse.warehouse,
    role: loader.role,
    user: loader.user,
    privateKey: requiredSecret(secrets, "snowflakeLoaderPrivateKey"),
    syncFrequency: settings.estuary.snowflake.syncFrequency,
  };
}

/** The OAuth app that reads HubSpot; undefined where HubSpot is disabled. */
const hubspotApp = ({ secrets, running }: PartContext) =>
  running.includes("hubspot")
    ? {
        clientId: requiredSecret(secrets, "hubspotClientId"),
        clientSecret: requiredSecret(secrets, "hubspotClientSecret"),
        refreshToken: requiredSecret(secrets, "hubspotRefreshToken"),
      }
    : undefined;

/** @param way address of PostgreSQL inside the cluster, and the SSH endpoint through which it is reached */
export function estuaryArgs(
  context: PartContext,
  postgres: Pick<Postgres, "passwords" | "ca">,
  way: { address: pulumi.Output<string>; endpoint: pulumi.Output<string> },
  warehouse: Snowflake | undefined,
): EstuaryArgs {
  const { settings, secrets, running, jobs } = context;
  return {
    settings,
    address: way.address,
    tunnel: { endpoint: way.endpoint, privateKey: requiredSecret(secrets, "estuaryTunnelKey") },
    passwords: postgres.passwords,
    ca: postgres.ca,
    hubspot: hubspotApp(context),
    slack: running.includes("slack") ? { token: requiredSecret(secrets, "slackCaptureToken") } : undefined,
    snowflake: targetOf(context, warehouse),
    jobs,
  };
}

/** The extractor. @throws without an access key */
export const gongArgs = ({ secrets, jobs }: PartContext): GongArgs => ({
  ...jobs,
  accessKey: requiredSecret(secrets, "gongAccessKey"),
  accessKeySecret: requiredSecret(secrets, "gongAccessKeySecret"),
});

/** @param tasks catalog names at Estuary; empty without Estuary */
export function qualityArgs(
  context: PartContext,
  streams: readonly string[],
  tasks: readonly string[],
  warehouse: Snowflake | undefined,
): QualityArgs {
  const { secrets, running, jobs } = context;
  const readerKey = secrets.snowflakeReaderPrivateKey;
  // Without Estuary nothing is written to the warehouse, and a comparison would report every stream as late.
  const compared = running.includes("estuary") && warehouse && readerKey;
  return {
    ...jobs,
    // A source that is disabled is not missing.
    streams,
    warehouse: compared ? { snowflake: warehouse, privateKey: readerKey } : undefined,
    estuary: tasks.length > 0 ? { tasks, apiKey: requiredSecret(secrets, "estuaryApiKey") } : undefined,
    hubspot: hubspotApp(context),
  };
}
