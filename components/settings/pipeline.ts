import { z } from "zod";
import { images } from "../core/versions.ts";
import { cpu, quantity } from "./quantities.ts";

const resources = z.strictObject({ cpu, memory: quantity });
const text = z.string().min(1);
const cron = z.string().regex(/^(\S+ ){4}\S+$/, "five fields, as in crontab");

/** Accounts that are given up, and what replaced them (P2). */
const staleAccount = /^(scoobyjava[-_]vw02766|uhdecno[-_]cvb64222)$/i;

/** The Gong extractor. */
const gong = z.strictObject({
  /** Base URL of Gong's API; the account's own, `https://<region>.api.gong.io`, is shown in Gong's settings. */
  apiUrl: z.url().default("https://api.gong.io"),
  /** When it runs. A run that is not finished is not joined by another. */
  schedule: cron.default("*/5 * * * *"),
  /** Calls that began before are not read. A change to an earlier day reads nothing anew. */
  start: z.iso.datetime().default("2025-01-01T00:00:00Z"),
  /** Seconds: calls that began later are left to the next run, as Gong's lists lag behind. */
  lag: z.number().nonnegative().default(300),
  /** Seconds that every run reads again: a call is listed only when it was recorded and processed. */
  overlap: z.number().nonnegative().default(10_800),
  /** Days that are read again now and then: Gong's analysis comes later, and calls are deleted. */
  lookbackDays: z.number().nonnegative().max(3650).default(7),
  /** Seconds from one such run to the next; 0 looks back in every run. */
  lookbackInterval: z.number().nonnegative().default(86_400),
  /** Share of the company's requests; Gong allows three a second for all integrations together. */
  requestsPerSecond: z.number().positive().default(2),
  /** The same of a day (UTC), of which Gong allows 10,000. */
  requestsPerDay: z.number().int().positive().default(8000),
});

/** Estuary, which captures HubSpot and Slack, and carries staging into the warehouse. */
const estuary = z.strictObject({
  /** First part of all names there. A change is another tenant: everything is published anew. */
  tenant: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "a tenant's name")
    .default("sophia"),
  /** Where the data flows: name of Estuary's data plane. A change moves the tasks. */
  dataPlane: text.default("ops/dp/public/gcp-us-central1-c2"),
  /** Base URL of the control plane's API. */
  agentUrl: z.url().default("https://agent-api-1084703453822.us-central1.run.app"),
  /** Base URL of its tables. */
  restUrl: z.url().default("https://eyrcnmuzzyriypdajwdk.supabase.co/rest/v1"),
  /** Base URL of the service that seals secrets in specifications. */
  encryptionUrl: z.url().default("https://config-encryption.estuary.dev"),
  /** Networks that its data plane comes from, for its SSH tunnel to PostgreSQL; shown in its console. */
  networks: z.array(z.cidrv4()).default([]),
  /** Seconds that a publication may take. */
  publishDeadline: z.number().int().positive().default(600),
  /** Seconds after a publication until the tables must be there. */
  tableDeadline: z.number().int().positive().default(900),
});

/** What is captured of HubSpot. */
const hubspot = z.strictObject({
  /** Between two reads, ISO 8601. */
  interval: z.iso.duration().default("PT5M"),
  /** When calculated properties are read whole, which HubSpot does not report as changed; cron, UTC. */
  schedule: cron.default("55 23 * * *"),
});

/** What is captured of Slack. */
const slack = z.strictObject({
  /** Between two reads, like `5m`. */
  interval: z
    .string()
    .regex(/^[0-9]+[smh]$/, "a number and s, m or h")
    .default("5m"),
  /** Messages before it are not read. */
  startDate: z.iso.datetime().default("2025-01-01T00:00:00Z"),
  /** Days that are read again, for edits and answers in threads. */
  lookbackDays: z.number().int().nonnegative().max(365).default(7),
  /** Names of channels; empty: all that the token sees. */
  channels: z.array(text).default([]),
});

/** The warehouse. */
const snowflake = z.strictObject({
  /** The account, as in its host name. */
  account: z
    .string()
    .default("ZNB04675")
    .refine((account) => !staleAccount.test(account), "is given up: ZNB04675 replaced it")
    .refine(
      (account) => /(^|[-_])ZNB04675$/i.test(account) || staleAccount.test(account),
      "must be ZNB04675",
    ),
  /** Organization of the account, where it is addressed by both. */
  organization: z.string().optional(),
  /** Who manages the warehouse. */
  user: text.default("SCOOBYJAVA15"),
  /** With which role. */
  role: text.default("ACCOUNTADMIN"),
  database: text.default("SOPHIA_AI"),
  schema: text.default("STAGING"),
  warehouse: text.default("SOPHIA_AI_WH"),
  /** Size of the warehouse. A change takes effect with the next statement. */
  size: z.enum(["XSMALL", "SMALL", "MEDIUM", "LARGE"]).default("XSMALL"),
  /** Seconds without work until it is suspended; it bills 60 at least. */
  autoSuspend: z.number().int().min(30).default(60),
  /** Credits a month at which it is suspended. */
  monthlyCredits: z.number().int().positive().default(100),
  /** How often Estuary writes. Each time wakes the warehouse, which then bills a minute at least. */
  syncFrequency: z.enum(["0s", "30s", "5m", "15m", "30m", "1h", "2h", "4h"]).default("5m"),
  /** Base URL instead of the account's own host; only for the lab. */
  endpoint: z.url().optional(),
});

/** Quality checks and the status of streams. */
const quality = z.strictObject({
  /** When the checks run. */
  schedule: cron.default("*/5 * * * *"),
  /** Percent below which a stream counts as degraded, and alerts (P3). */
  threshold: z.number().min(0).max(100).default(95),
  /** Minutes after which a stream counts as late, and alerts (P4). */
  maxLagMinutes: z.number().positive().default(15),
});

/** The data pipeline: HubSpot, Slack and Gong into PostgreSQL, and on to Snowflake. */
export const pipelineSettings = z.strictObject({
  /** `false` leaves all of it out but the schema. A part whose secrets are missing is left out anyway, with a notice. */
  enabled: z.boolean().default(true),
  /** Its jobs: migrations, the Gong extractor, quality checks. A change runs the migrations. */
  image: z.string().default(images.pipeline),
  /** Of each job. */
  resources: z
    .strictObject({ requests: resources, limits: resources })
    .default({ requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "1000m", memory: "512Mi" } }),
  gong: gong.prefault({}),
  estuary: estuary.prefault({}),
  hubspot: hubspot.prefault({}),
  slack: slack.prefault({}),
  snowflake: snowflake.prefault({}),
  quality: quality.prefault({}),
});
