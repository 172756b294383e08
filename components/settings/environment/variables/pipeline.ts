import { z } from "zod";
import type { Variable } from "./variable.ts";

const text = z.string().min(1);

/** What the pipeline's jobs read beyond secrets and PostgreSQL. Their own schemas, in `data/`, say the same. */
export const pipelineVariables = {
  SOPHIA_MIGRATIONS_LOCK_TIMEOUT: {
    about: "Seconds that a statement of a migration waits for a lock, and one migration for another.",
    usedBy: ["migrations"],
    schema: z.coerce.number().positive().default(60),
    setBy: "default",
  },
  SOPHIA_PUBLISH_DEADLINE: {
    about: "Seconds to wait for tables that Estuary has not made yet; 0 publishes those that are there.",
    usedBy: ["migrations"],
    schema: z.coerce.number().min(0).default(0),
    setBy: "program",
  },
  SOPHIA_PUBLISH_TABLES: {
    about: "Which of Estuary's tables there are to be, separated by commas. Left out: all.",
    usedBy: ["migrations"],
    schema: z.string().min(1).optional(),
    setBy: "program",
  },
  SOPHIA_QUALITY_INTERVAL: {
    about:
      "Seconds between two runs of the quality checks where nothing is loaded; after loads at least a sixth of it.",
    usedBy: ["quality"],
    schema: z.coerce.number().positive().default(60),
    setBy: "program",
  },
  SOPHIA_QUALITY_WAREHOUSE_INTERVAL: {
    about: "Seconds between two looks into the warehouse, each of which may wake it.",
    usedBy: ["quality"],
    schema: z.coerce.number().positive().default(300),
    setBy: "program",
  },
  SOPHIA_QUALITY_THRESHOLD: {
    about: "Percent that a check must reach. Default of the checks that name no other.",
    usedBy: ["quality"],
    schema: z.coerce.number().min(0).max(100).default(95),
    setBy: "program",
  },
  SOPHIA_QUALITY_MAX_LAG: {
    about: "Seconds that a stream may be behind.",
    usedBy: ["quality"],
    schema: z.coerce.number().positive().default(900),
    setBy: "program",
  },
  SOPHIA_QUALITY_RETENTION_DAYS: {
    about: "Days that results of checks, runs and rejected records are kept.",
    usedBy: ["quality"],
    schema: z.coerce.number().int().min(2).default(90),
    setBy: "program",
  },
  SOPHIA_QUALITY_STREAMS: {
    about: "Which streams are checked, separated by commas, or `none`. Left out: all.",
    usedBy: ["quality"],
    schema: text.optional(),
    setBy: "program",
  },
  SOPHIA_ESTUARY_TASKS: {
    about: "Tasks at Estuary that are asked for, by catalog name, separated by commas. Left out: none.",
    usedBy: ["quality"],
    schema: text.optional(),
    setBy: "program",
  },
  SOPHIA_ESTUARY_URL: {
    about: "Base URL of Estuary's agent API.",
    usedBy: ["quality"],
    schema: text.optional(),
    setBy: "program",
  },
  SOPHIA_ESTUARY_API_KEY_FILE: {
    about: "File with the key of Estuary's service account, with which the state of tasks is read.",
    usedBy: ["quality"],
    schema: text.optional(),
    setBy: "program",
    secret: "estuaryApiKey",
  },
  SOPHIA_HUBSPOT_URL: {
    about: "Base URL of HubSpot's API.",
    usedBy: ["quality"],
    schema: text.optional(),
    setBy: "program",
  },
  SOPHIA_HUBSPOT_CLIENT_ID_FILE: {
    about:
      "File with the id of the OAuth app that Estuary reads HubSpot with. Left out: HubSpot is not asked what staging lacks.",
    usedBy: ["quality"],
    schema: text.optional(),
    setBy: "program",
    secret: "hubspotClientId",
  },
  SOPHIA_HUBSPOT_CLIENT_SECRET_FILE: {
    about: "File with that app's secret.",
    usedBy: ["quality"],
    schema: text.optional(),
    setBy: "program",
    secret: "hubspotClientSecret",
  },
  SOPHIA_HUBSPOT_REFRESH_TOKEN_FILE: {
    about: "File with the account's consent to that app.",
    usedBy: ["quality"],
    schema: text.optional(),
    setBy: "program",
    secret: "hubspotRefreshToken",
  },
  SOPHIA_HUBSPOT_WATCH_INTERVAL: {
    about: "Seconds between two looks into HubSpot.",
    usedBy: ["quality"],
    schema: z.coerce.number().positive().default(300),
    setBy: "program",
  },
  SOPHIA_HUBSPOT_MAX_AHEAD: {
    about: "Seconds that HubSpot may have a change that staging lacks.",
    usedBy: ["quality"],
    schema: z.coerce.number().positive().default(5400),
    setBy: "program",
  },
  SOPHIA_SNOWFLAKE_PRIVATE_KEY_FILE: {
    about:
      "File with the key of the warehouse's reader. Left out: staging is not compared with the warehouse.",
    usedBy: ["quality"],
    schema: text.optional(),
    setBy: "program",
    secret: "snowflakeReaderPrivateKey",
  },
  SOPHIA_SNOWFLAKE_ACCOUNT: {
    about: "The warehouse's account: `ORG-ACCOUNT`, or the account alone. Required with the reader's key.",
    usedBy: ["quality"],
    schema: text.optional(),
    setBy: "program",
  },
  SOPHIA_SNOWFLAKE_URL: {
    about: "Base URL of the warehouse's API. Left out: the account's own.",
    usedBy: ["quality"],
    schema: text.optional(),
    setBy: "program",
  },
  SOPHIA_SNOWFLAKE_USER: {
    about: "Who reads the warehouse.",
    usedBy: ["quality"],
    schema: text.default("SOPHIA_QUALITY"),
    setBy: "program",
  },
  SOPHIA_SNOWFLAKE_ROLE: {
    about: "With which role.",
    usedBy: ["quality"],
    schema: text.default("SOPHIA_READER"),
    setBy: "program",
  },
  SOPHIA_SNOWFLAKE_WAREHOUSE: {
    about: "Whose computing it uses.",
    usedBy: ["quality"],
    schema: text.default("SOPHIA_AI_WH"),
    setBy: "program",
  },
  SOPHIA_SNOWFLAKE_DATABASE: {
    about: "Where the streams' tables are in the warehouse.",
    usedBy: ["quality"],
    schema: text.default("SOPHIA_AI"),
    setBy: "program",
  },
  SOPHIA_SNOWFLAKE_SCHEMA: {
    about: "In which schema.",
    usedBy: ["quality"],
    schema: text.default("STAGING"),
    setBy: "program",
  },
  SOPHIA_GONG_EXTRACTOR_REQUESTS_PER_SECOND: {
    about: "Requests a second of all extractors together; Gong allows three for everyone.",
    usedBy: ["gong"],
    schema: z.coerce.number().positive().default(1.5),
    setBy: "program",
  },
  SOPHIA_GONG_EXTRACTOR_REQUESTS_PER_DAY: {
    about: "Requests a day (UTC) of all extractors together; Gong allows 10,000 for everyone.",
    usedBy: ["gong"],
    schema: z.coerce.number().int().positive().default(8000),
    setBy: "program",
  },
  SOPHIA_GONG_START: {
    about: "Calls that began before are not read.",
    usedBy: ["gong"],
    schema: z.iso.datetime().default("2020-01-01T00:00:00Z"),
    setBy: "program",
  },
  SOPHIA_GONG_LAG: {
    about: "Seconds: calls that began later are left to the next run.",
    usedBy: ["gong"],
    schema: z.coerce.number().min(0).default(300),
    setBy: "program",
  },
  SOPHIA_GONG_OVERLAP: {
    about: "Seconds that every run reads again.",
    usedBy: ["gong"],
    schema: z.coerce.number().min(0).default(10_800),
    setBy: "program",
  },
  SOPHIA_GONG_LOOKBACK_DAYS: {
    about: "Days that are read again now and then.",
    usedBy: ["gong"],
    schema: z.coerce.number().min(0).max(3650).default(7),
    setBy: "program",
  },
  SOPHIA_GONG_LOOKBACK_INTERVAL: {
    about: "Seconds from one such run to the next; 0 looks back in every run.",
    usedBy: ["gong"],
    schema: z.coerce.number().min(0).default(86_400),
    setBy: "program",
  },
  SOPHIA_GONG_READ_INTERVAL: {
    about: "Seconds from one reading of a run to the next; 0 reads once.",
    usedBy: ["gong"],
    schema: z.coerce.number().min(0).default(0),
    setBy: "program",
  },
  SOPHIA_GONG_READ_UNTIL: {
    about: "Seconds after a run's start from which on it begins no further reading.",
    usedBy: ["gong"],
    schema: z.coerce.number().min(0).default(0),
    setBy: "program",
  },
  SOPHIA_GONG_PATIENCE: {
    about: "Seconds that Gong may be unable to answer before a run ends and leaves the rest to the next.",
    usedBy: ["gong"],
    schema: z.coerce.number().min(0).default(300),
    setBy: "default",
  },
} as const satisfies Record<string, Variable>;
