import { z } from "zod";
import { images } from "../../core/versions.ts";
import { estuarySettings } from "./estuary.ts";
import { cron, image } from "./formats.ts";
import { demand } from "./quantities.ts";
import { snowflakeSettings } from "./snowflake.ts";

/** The Gong extractor. */
const gong = z.strictObject({
  /** Base URL of Gong's API; the account's own, `https://<region>.api.gong.io`, is shown in Gong's settings. */
  apiUrl: z.url().default("https://api.gong.io"),
  /** When it runs; runs do not overlap. Each reading takes about four of the day's requests. */
  schedule: cron.default("*/2 * * * *"),
  /**
   * Seconds from one reading of Gong to the next within a run, which then goes on until the next run is due. Shorter than
   * the time between two runs, which `schedule` must give in minutes. Default: a run reads once.
   */
  readInterval: z.number().int().min(5).optional(),
  /** Calls that began before are not read. A change to an earlier day reads nothing again. */
  start: z.iso.datetime().default("2025-01-01T00:00:00Z"),
  /** Seconds: calls that began later are left to the next run, as Gong's lists lag behind. */
  lag: z.number().nonnegative().default(300),
  /** Seconds that every run reads again: a call is listed only when it was recorded and processed. */
  overlap: z.number().nonnegative().default(10_800),
  /** Days that are read again at times, because Gong's analysis comes later and calls are deleted. */
  lookbackDays: z.number().nonnegative().max(3650).default(7),
  /** Seconds from one such run to the next; 0 looks back in every run. */
  lookbackInterval: z.number().nonnegative().default(86_400),
  /** Share of the company's requests; Gong allows three a second for all integrations together. */
  requestsPerSecond: z.number().positive().default(1.5),
  /** The same of a day (UTC), of which Gong allows 10,000. */
  requestsPerDay: z.number().int().positive().default(8000),
});

/** Quality checks and the status of streams. */
const quality = z.strictObject({
  /**
   * Seconds between two runs of the checks where nothing is loaded. After a load they run within seconds, at least a sixth
   * of this apart.
   */
  intervalSeconds: z.number().int().min(5).default(60),
  /** Seconds between two comparisons with the warehouse. Each may wake it, and it bills a minute at least. */
  warehouseIntervalSeconds: z.number().int().min(5).default(900),
  /** Percent below which a stream counts as degraded, and alerts. */
  threshold: z.number().min(0).max(100).default(95),
  /**
   * Minutes after which a stream counts as late, and alerts. Five more than what the settings make usual is the least: how
   * often the warehouse is written to (`estuary.snowflake.syncFrequency`), and for Gong `lag` and `schedule`.
   */
  maxLagMinutes: z.number().positive().default(15),
  /** Whether HubSpot answers, and has what staging lacks: of Estuary's task neither can be told. */
  hubspot: z
    .strictObject({
      /** Base URL of HubSpot's API. A change replaces the checks' pod. */
      apiUrl: z.url().default("https://api.hubapi.com"),
      /** Seconds between two looks: one search for each of its streams, of the five a second that HubSpot allows an account. */
      intervalSeconds: z.number().int().min(5).default(300),
      /**
       * Minutes that HubSpot may have a change while nothing is loaded, before it alerts. The connector reads again after 65
       * minutes what it missed, so that 70 is the least. Use more than `estuary.hubspot.interval`.
       */
      maxAheadMinutes: z.number().min(70).default(90),
    })
    .prefault({}),
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
export function minutesBetween(schedule: string): number | undefined {
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
    image: image.default(images.pipeline),
    /** Of each job. */
    resources: demand.default({
      requests: { cpu: "100m", memory: "128Mi" },
      limits: { cpu: "1000m", memory: "512Mi" },
    }),
    gong: gong.prefault({}),
    estuary: estuarySettings.prefault({}),
    snowflake: snowflakeSettings,
    quality: quality.prefault({}),
  })
  .superRefine(({ gong: extractor, estuary, quality: { maxLagMinutes } }, context) => {
    const { schedule, readInterval } = extractor;
    const between = minutesBetween(schedule);
    if (readInterval !== undefined && (between === undefined || readInterval >= between * 60)) {
      context.addIssue({
        code: "custom",
        path: ["gong", "readInterval"],
        message:
          between === undefined
            ? `needs a schedule by minutes, like "*/5 * * * *"; "${schedule}" does not say when the next run is due`
            : `${readInterval} is no less than the ${between * 60} seconds between two runs of "${schedule}". Use less, or leave it out`,
      });
    }
    for (const [what, usual] of usualLags(extractor, estuary.snowflake.syncFrequency)) {
      const least = usual + lagMargin;
      if (maxLagMinutes >= least) continue;
      context.addIssue({
        code: "custom",
        path: ["quality", "maxLagMinutes"],
        message: `${maxLagMinutes} is too little: ${what} makes ${usual} minutes usual, so that every stream would be late. Use at least ${least}, or lower that setting`,
      });
    }
  });
