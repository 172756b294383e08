import { z } from "zod";
import { images } from "../core/versions.ts";
import { estuarySettings } from "./estuary.ts";
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
  /** When it runs; a run that is not finished is not joined by another. Each costs some four of the day's requests. */
  schedule: cron.default("*/2 * * * *"),
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
  requestsPerSecond: z.number().positive().default(1.5),
  /** The same of a day (UTC), of which Gong allows 10,000. */
  requestsPerDay: z.number().int().positive().default(8000),
});

/** Secrets without which there is no warehouse. */
export const warehouseSecrets = ["snowflakePrivateKey", "snowflakeLoaderPrivateKey"] as const;

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
  /**
   * Ends the names of everything that the stack makes in the account: database, warehouse, monitor, roles, users. All
   * stacks share the account, so each needs another; a change makes everything anew, and empty.
   */
  suffix: z
    .string()
    .regex(/^(_[A-Z0-9]+)*$/, "parts of capital letters and digits, each after a _")
    .default(""),
  /**
   * Somebody counts on what is in it: database, schema and the role that owns the tables are protected in Pulumi's state,
   * and an update without the warehouse's secrets, or with the pipeline off, is refused. `false`, and an update, come
   * before a teardown that is meant.
   */
  keep: z.boolean().default(false),
  /** Size of the warehouse. A change takes effect with the next statement. */
  size: z.enum(["XSMALL", "SMALL", "MEDIUM", "LARGE"]).default("XSMALL"),
  /** Seconds without work until it is suspended; it bills 60 at least. */
  autoSuspend: z.number().int().min(30).default(60),
  /**
   * Credits a month at which it is suspended, and the pipeline stands still. The default is what XSMALL bills when it
   * never sleeps; `estuary.snowflake.syncFrequency` decides what it really does.
   */
  monthlyCredits: z.number().int().positive().default(750),
  /** Base URL instead of the account's own host; only for the lab. */
  endpoint: z.url().optional(),
});

/** Quality checks and the status of streams. */
const quality = z.strictObject({
  /** Seconds between two runs of the checks. */
  intervalSeconds: z.number().int().min(5).default(60),
  /** Seconds between two comparisons with the warehouse. Each may wake it, and it bills a minute at least. */
  warehouseIntervalSeconds: z.number().int().min(5).default(900),
  /** Percent below which a stream counts as degraded, and alerts (P3). */
  threshold: z.number().min(0).max(100).default(95),
  /**
   * Minutes after which a stream counts as late, and alerts. Five more than what the settings make usual is the least: how
   * often the warehouse is written to (`estuary.snowflake.syncFrequency`), and for Gong `lag` and `schedule`.
   */
  maxLagMinutes: z.number().positive().default(15),
  /** Days that results of checks, runs and rejected records, which hold personal data, are kept in PostgreSQL. */
  retentionDays: z.number().int().min(2).default(90),
});

/** Minutes that a run, a publication and a busy hour may add to what is usual before a stream counts as late. */
const lagMargin = 5;

const perUnit = { s: 1 / 60, m: 1, h: 60 } as const;

/** Minutes that a stream is behind by settings alone, at most, with what makes it so. Pure. */
function usualLags(
  { lag, schedule }: z.infer<typeof gong>,
  syncFrequency: string,
): [what: string, minutes: number][] {
  const [, number, unit] = /^(\d+)([smh])$/.exec(syncFrequency) ?? [];
  const sync = Number(number) * perUnit[unit as keyof typeof perUnit];
  const runs = minutesBetween(schedule);
  return [
    ["estuary.snowflake.syncFrequency", Math.ceil(sync)],
    ...(runs === undefined
      ? []
      : [["gong.lag with gong.schedule", Math.ceil(lag / 60) + runs] satisfies [string, number]]),
  ];
}

/** Minutes between two runs of a schedule; undefined where it is none that comes every few minutes or every hour. Pure. */
function minutesBetween(schedule: string): number | undefined {
  const [minute = "", ...rest] = schedule.split(" ");
  if (rest.some((field) => field !== "*")) return undefined;
  if (minute === "*") return 1;
  const [, step] = /^\*\/(\d+)$/.exec(minute) ?? [];
  if (step !== undefined) return Math.min(Number(step), 60);
  return /^\d+$/.test(minute) ? 60 : undefined;
}

/** The data pipeline: HubSpot, Slack and Gong into PostgreSQL, and on to Snowflake. */
export const pipelineSettings = z
  .strictObject({
    /** `false` leaves all of it out but the schema. A part whose secrets are missing is left out anyway, with a notice. */
    enabled: z.boolean().default(true),
    /** Its jobs: migrations, the Gong extractor, quality checks. A change runs the migrations. */
    image: z.string().default(images.pipeline),
    /** Of each job. */
    resources: z
      .strictObject({ requests: resources, limits: resources })
      .default({ requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "1000m", memory: "512Mi" } }),
    gong: gong.prefault({}),
    estuary: estuarySettings.prefault({}),
    snowflake: snowflake.prefault({}),
    quality: quality.prefault({}),
  })
  .superRefine(({ gong: extractor, estuary, quality: { maxLagMinutes } }, context) => {
    for (const [what, usual] of usualLags(extractor, estuary.snowflake.syncFrequency)) {
      const least = usual + lagMargin;
      if (maxLagMinutes >= least) continue;
      context.addIssue({
        code: "custom",
        path: ["quality", "maxLagMinutes"],
        message: `${maxLagMinutes} is too little: ${what} makes ${usual} minutes usual: all would be late all the time. At least ${least}, or less of that`,
      });
    }
  });
