import { z } from "zod";
import { cron, list, network } from "./formats.ts";

const part = /^[\p{L}\p{N}._-]+$/u;
const seconds = z.number().int().nonnegative();

/** Estuary's own hosts, as its `flowctl` has them built in. */
const estuary = {
  agent: "https://agent-api-1084703453822.us-central1.run.app",
  rest: "https://eyrcnmuzzyriypdajwdk.supabase.co/rest/v1",
  encryption: "https://config-encryption.estuary.dev",
};

/**
 * Estuary Flow: where its control plane is, and what is captured and materialized. URLs and deadlines are read by the
 * provider, so that their change touches no resource; every other change publishes its task again.
 */
export const estuarySettings = z.strictObject({
  /** Agent API: GraphQL. */
  agentUrl: z.url().default(estuary.agent),
  /** PostgREST API; used only where the agent API cannot start publications. */
  restUrl: z.url().default(estuary.rest),
  /** Public anonymous token of the PostgREST API, which `flowctl` has built in. Not a secret. */
  restToken: z.string().min(1).optional(),
  /** Service of Estuary that encrypts the credentials of a task before it is published. */
  encryptionUrl: z.url().default(estuary.encryption),
  /**
   * First part of every catalog name. A change deletes everything at Estuary and publishes it under the new name, which is
   * refused while the tables are there: `docs/runbooks/pipeline/estuary-again.md`.
   */
  tenant: z.string().regex(part, "letters, digits, dots, dashes and underscores").default("sophia"),
  /** Data plane of the first publication of a task. A change does nothing to what is published. */
  dataPlane: z.string().default("ops/dp/public/gcp-us-central1-c1"),
  /** Networks that its data plane comes from, for its SSH tunnel to PostgreSQL; its console shows them. */
  networks: list(network).default([]),
  /** Seconds from a publication's start to its end. */
  publishDeadline: seconds.default(600),
  /**
   * Seconds from its end until its tasks must be running. Tasks that fail have that long to recover: a new one fails until
   * Estuary has inferred a schema from the first documents.
   */
  readyDeadline: seconds.default(600),
  /** Seconds from then on until its materialization must have made its tables. */
  tableDeadline: seconds.default(900),
  /** Seconds during which a publication whose reply was lost, or whose sender died, may still come to its end. */
  settleDeadline: seconds.default(60),
  /** Seconds to go on with calls that are safe to repeat while Estuary does not answer or says 429. */
  retryDeadline: seconds.default(120),
  /** Seconds between two polls. */
  pollInterval: z.number().positive().default(2),
  /**
   * Counters by task (`source-postgres`) or by task and binding (`source-postgres/gong_calls_staging`). One more reads
   * the source again, or fills the table again from its collection, which keeps every row whose deletion nobody read.
   * Never lower one.
   */
  backfill: z
    .record(
      z
        .string()
        .regex(
          /^(source-(hubspot|slack|postgres)|materialize-(postgres|snowflake))(\/[a-z_]+)?$/,
          "a task, or a task and one of its streams or tables",
        ),
      z.number().int().nonnegative(),
    )
    .default({}),
  hubspot: z
    .strictObject({
      /** ISO 8601 duration between two polls of a stream. */
      interval: z.iso.duration().default("PT2M"),
      /**
       * Cron expression in UTC: when calculated properties, which HubSpot does not report as changed, are re-read.
       * At least daily: a stream in which nothing changed for 26 hours counts as silent.
       */
      schedule: cron.default("55 23 * * *"),
    })
    .prefault({}),
  slack: z
    .strictObject({
      /** From the start of a run of the connector to the next, e.g. `5m`. Slack lets it read some 50 channels a minute. */
      interval: z
        .string()
        .regex(/^[1-9][0-9]*[smh]$/, "a number and s, m or h")
        .default("2m"),
      /** Messages before are not read. */
      startDate: z.iso.datetime().default("2025-01-01T00:00:00Z"),
      /** Days that are read again, for edits and late answers in threads. */
      lookbackDays: z.number().int().min(0).max(365).default(7),
      /** Names of channels to read; empty means all that the bot is a member of. It never joins one by itself. */
      channels: list(z.string().min(1)).default([]),
    })
    .prefault({}),
  snowflake: z
    .strictObject({
      /**
       * How often what changed is written to the warehouse, which wakes it and bills a minute at least. `30s` is the
       * longest with which everything arrives within five minutes; docs/pipeline/snowflake.md has what each costs.
       */
      syncFrequency: z.enum(["0s", "30s", "5m", "15m", "30m", "1h", "2h", "4h"]).default("30s"),
    })
    .prefault({}),
});
export type EstuarySettings = z.infer<typeof estuarySettings>;
