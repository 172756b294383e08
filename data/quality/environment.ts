import { z } from "zod";
import { EnvironmentError, postgresEnvironment, readSecret } from "../kit/environment.ts";
import { noStreams, type StreamChecks, streamChecks } from "./checks/streams.ts";
import type { StatusOptions } from "./estuary/client.ts";
import type { HubspotOptions } from "./source/hubspot.ts";
import type { ClientOptions } from "./warehouse/client.ts";

const text = z.string().min(1);

/** What the quality checks read of their environment. */
export const qualityEnvironment = postgresEnvironment.extend({
  /** Port of /metrics and /healthz; 0 picks a free one. */
  PORT: z.coerce.number().int().min(0).max(65535).default(8080),
  /** Seconds between two runs of the checks where nothing is loaded; after loads at least a sixth of it. */
  SOPHIA_QUALITY_INTERVAL: z.coerce.number().positive().default(60),
  /** Seconds between two looks into the warehouse, each of which may wake it. */
  SOPHIA_QUALITY_WAREHOUSE_INTERVAL: z.coerce.number().positive().default(300),
  /** Percent that a check must reach, unless it sets `atLeast`. */
  SOPHIA_QUALITY_THRESHOLD: z.coerce.number().min(0).max(100).default(95),
  /** Seconds that a stream may be behind. */
  SOPHIA_QUALITY_MAX_LAG: z.coerce.number().positive().default(900),
  /** Days that results of checks, runs and rejected records are kept. */
  SOPHIA_QUALITY_RETENTION_DAYS: z.coerce.number().int().min(2).default(90),
  /** Which streams are checked, separated by commas, or `none`. Default: all. */
  SOPHIA_QUALITY_STREAMS: text.optional(),
  /** Tasks at Estuary by catalog name, separated by commas. Default: their status is not checked. */
  SOPHIA_ESTUARY_TASKS: text.optional(),
  /** Base URL of Estuary's agent API. */
  SOPHIA_ESTUARY_URL: text.optional(),
  /** File with the key of its service account. */
  SOPHIA_ESTUARY_API_KEY_FILE: text.optional(),
  /** Base URL of HubSpot's API. */
  SOPHIA_HUBSPOT_URL: text.optional(),
  /** File with the id of the OAuth app that Estuary reads HubSpot with. Default: HubSpot is not asked what staging lacks. */
  SOPHIA_HUBSPOT_CLIENT_ID_FILE: text.optional(),
  /** File with that app's secret. */
  SOPHIA_HUBSPOT_CLIENT_SECRET_FILE: text.optional(),
  /** File with the account's consent to it. */
  SOPHIA_HUBSPOT_REFRESH_TOKEN_FILE: text.optional(),
  /** Seconds between two looks into HubSpot. */
  SOPHIA_HUBSPOT_WATCH_INTERVAL: z.coerce.number().positive().default(300),
  /** Seconds that HubSpot may have a change that staging lacks. */
  SOPHIA_HUBSPOT_MAX_AHEAD: z.coerce.number().positive().default(5400),
  /** File with the key of the warehouse's reader. Default: staging is not compared with the warehouse. */
  SOPHIA_SNOWFLAKE_PRIVATE_KEY_FILE: text.optional(),
  /** `ORG-ACCOUNT`, or the account alone. Required with the reader's key. */
  SOPHIA_SNOWFLAKE_ACCOUNT: text.optional(),
  /** Base URL of its API. Default: the account's own. */
  SOPHIA_SNOWFLAKE_URL: text.optional(),
  SOPHIA_SNOWFLAKE_USER: text.default("SOPHIA_QUALITY"),
  SOPHIA_SNOWFLAKE_ROLE: text.default("SOPHIA_READER"),
  SOPHIA_SNOWFLAKE_WAREHOUSE: text.default("SOPHIA_AI_WH"),
  SOPHIA_SNOWFLAKE_DATABASE: text.default("SOPHIA_AI"),
  SOPHIA_SNOWFLAKE_SCHEMA: text.default("STAGING"),
});
export type QualityEnvironment = z.infer<typeof qualityEnvironment>;

/** The checks of the streams that flow. @throws EnvironmentError on a stream that nobody knows */
export function streamsOf({ SOPHIA_QUALITY_STREAMS: wanted }: QualityEnvironment): readonly StreamChecks[] {
  if (wanted === undefined) return streamChecks;
  if (wanted === noStreams) return [];
  const names = wanted.split(",").map((name) => name.trim());
  const strange = names.filter((name) => !streamChecks.some(({ stream }) => stream === name));
  if (strange.length > 0)
    throw new EnvironmentError("quality", [`SOPHIA_QUALITY_STREAMS: no such stream: ${strange.join(", ")}`]);
  return streamChecks.filter(({ stream }) => names.includes(stream));
}

/** How Estuary is asked; undefined where nothing runs there. @throws EnvironmentError where only a part is given */
export function estuaryOf(environment: QualityEnvironment): StatusOptions | undefined {
  const {
    SOPHIA_ESTUARY_TASKS: tasks,
    SOPHIA_ESTUARY_URL: url,
    SOPHIA_ESTUARY_API_KEY_FILE: file,
  } = environment;
  if (tasks === undefined) return undefined;
  if (url === undefined || file === undefined) {
    throw new EnvironmentError("quality", [
      "SOPHIA_ESTUARY_TASKS: also needs SOPHIA_ESTUARY_URL and SOPHIA_ESTUARY_API_KEY_FILE",
    ]);
  }
  const apiKey = readSecret("quality", file, "key of Estuary's service account");
  return { url, apiKey, tasks: tasks.split(",").map((name) => name.trim()) };
}

/** How HubSpot is asked; undefined where it is not. @throws EnvironmentError where only a part is given */
export function hubspotOf(environment: QualityEnvironment): HubspotOptions | undefined {
  const {
    SOPHIA_HUBSPOT_URL: url,
    SOPHIA_HUBSPOT_CLIENT_ID_FILE: id,
    SOPHIA_HUBSPOT_CLIENT_SECRET_FILE: secret,
    SOPHIA_HUBSPOT_REFRESH_TOKEN_FILE: consent,
  } = environment;
  if (id === undefined) return undefined;
  if (url === undefined || secret === undefined || consent === undefined) {
    throw new EnvironmentError("quality", [
      "SOPHIA_HUBSPOT_CLIENT_ID_FILE: also needs SOPHIA_HUBSPOT_URL, SOPHIA_HUBSPOT_CLIENT_SECRET_FILE and SOPHIA_HUBSPOT_REFRESH_TOKEN_FILE",
    ]);
  }
  return {
    url,
    clientId: readSecret("quality", id, "id of HubSpot's app"),
    clientSecret: readSecret("quality", secret, "secret of HubSpot's app"),
    refreshToken: readSecret("quality", consent, "account's consent to HubSpot's app"),
  };
}

/** How the warehouse is reached; undefined where it is not compared. */
export function warehouseOf(environment: QualityEnvironment): ClientOptions | undefined {
  const { SOPHIA_SNOWFLAKE_PRIVATE_KEY_FILE: file, SOPHIA_SNOWFLAKE_ACCOUNT: account } = environment;
  if (file === undefined) return undefined;
  if (account === undefined)
    throw new EnvironmentError("quality", [
      "SOPHIA_SNOWFLAKE_PRIVATE_KEY_FILE: needs SOPHIA_SNOWFLAKE_ACCOUNT",
    ]);
  return {
    account,
    user: environment.SOPHIA_SNOWFLAKE_USER,
    privateKey: readSecret("quality", file, "key of the warehouse's reader"),
    role: environment.SOPHIA_SNOWFLAKE_ROLE,
    warehouse: environment.SOPHIA_SNOWFLAKE_WAREHOUSE,
    database: environment.SOPHIA_SNOWFLAKE_DATABASE,
    schema: environment.SOPHIA_SNOWFLAKE_SCHEMA,
    url: environment.SOPHIA_SNOWFLAKE_URL,
  };
}
