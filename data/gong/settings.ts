import { z } from "zod";
import { postgresEnvironment } from "../kit/environment.ts";

const text = z.string().min(1);
const seconds = z.coerce.number().min(0);

/** What the extractor reads from its environment, in addition to PostgreSQL's variables. */
export const gongEnvironment = postgresEnvironment.extend({
  /** Base URL of Gong's API; the account's own is shown in Gong's settings. */
  SOPHIA_GONG_API_URL: z.url().default("https://api.gong.io"),
  SOPHIA_GONG_ACCESS_KEY_FILE: text,
  SOPHIA_GONG_ACCESS_KEY_SECRET_FILE: text,
  /** Requests a second of all extractors together. Gong allows three for everyone; each MCP server takes half a one. */
  SOPHIA_GONG_EXTRACTOR_REQUESTS_PER_SECOND: z.coerce.number().positive().default(1.5),
  /** Requests a day (UTC) of all extractors together. Gong allows 10,000 for everyone. */
  SOPHIA_GONG_EXTRACTOR_REQUESTS_PER_DAY: z.coerce.number().int().positive().default(8000),
  /** Calls that began before are not read. */
  SOPHIA_GONG_START: z.iso.datetime().default("2020-01-01T00:00:00Z"),
  /** Seconds: calls that began later are left to the next run, as Gong's lists lag behind. */
  SOPHIA_GONG_LAG: seconds.default(300),
  /** Seconds that every run reads again: a call is listed only when it was recorded and processed. */
  SOPHIA_GONG_OVERLAP: seconds.default(10_800),
  /** Days that are read again now and then: Gong's analysis comes later, and calls are deleted. */
  SOPHIA_GONG_LOOKBACK_DAYS: z.coerce.number().min(0).max(3650).default(7),
  /** Seconds from one such run to the next; 0 looks back in every run. */
  SOPHIA_GONG_LOOKBACK_INTERVAL: seconds.default(86_400),
  /** Seconds from one reading of a run to the next; 0 reads once. */
  SOPHIA_GONG_READ_INTERVAL: seconds.default(0),
  /** Seconds after a run's start from which on it begins no further reading. */
  SOPHIA_GONG_READ_UNTIL: seconds.default(0),
  /** Seconds that Gong may be unable to answer before a run ends and leaves the rest to the next. */
  SOPHIA_GONG_PATIENCE: seconds.default(300),
});
