import { randomUUID } from "node:crypto";
import type pg from "pg";
import { connectPatiently } from "../kit/connect.ts";
import { connectionOf } from "../kit/database.ts";
import { readEnvironment, readSecret } from "../kit/environment.ts";
import { messageOf } from "../kit/errors.ts";
import { jsonLog, type Log } from "../kit/log.ts";
import { callStreams, extractCalls } from "./calls.ts";
import type { Plan } from "./plan.ts";
import { readRepeatedly } from "./readings.ts";
import { runStreams, type Session, type Work } from "./session.ts";
import { gongEnvironment } from "./settings.ts";
import { gongApi } from "./source/api.ts";
import { type Clock, systemClock } from "./source/clock.ts";
import { Pace } from "./source/pace.ts";
import { extractUsers, userStreams } from "./users.ts";

const job = "gong";

/** What a run needs. */
export interface Extraction {
  /** Opens a new connection; called twice. */
  connect(): Promise<pg.ClientBase & { end(): Promise<void> }>;
  gong: {
    /** Base URL of the API. */
    url: string;
    /** Read anew for each request, so that a rotated key needs no new run. */
    credentials(): { accessKey: string; accessKeySecret: string };
    /** Requests a second, of all runs together. */
    perSecond: number;
    /** The same a day. */
    perDay: number;
    /** Seconds that Gong may be unable to answer before the run ends. */
    patience: number;
    /** Seconds that one answer may take. Default 60. */
    answerWithin?: number;
  };
  /** Which calls are read. */
  plan: Plan;
  /** Ends the run after the page that is being loaded. */
  signal: AbortSignal;
  log: Log;
  clock?: Clock;
}

/** One run of all streams. A failing stream does not stop the others. @throws the first failure */
export async function extract({
  connect,
  gong,
  plan,
  signal,
  log,
  clock = systemClock,
}: Extraction): Promise<void> {
  const client = await connect();
  try {
    const turns = await connect();
    try {
      const pace = new Pace({ client: turns, ...gong, clock });
      const onRetry = (reason: string) => log("warn", "retrying a request to Gong", { reason });
      const api = gongApi({ ...gong, pace, clock, onRetry });
      const session: Session = { client, api, plan, runId: randomUUID(), clock, log, signal };
      const works: [readonly string[], (session: Session) => Promise<Work>][] = [
        [userStreams, extractUsers],
        [callStreams, extractCalls],
      ];
      const failures: unknown[] = [];
      for (const [streams, work] of works) {
        if (signal.aborted) break;
        await runStreams(session, streams, () => work(session)).catch((error: unknown) => {
          log("error", messageOf(error), { streams });
          failures.push(error);
        });
      }
      if (failures.length > 0) throw failures[0];
    } finally {
      await turns.end();
    }
  } finally {
    await client.end();
  }
}

/** The job: one run, as the environment says. Each reading connects anew, and holds no lock while it waits for the next. */
export async function run(environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const settings = readEnvironment(job, gongEnvironment, environment);
  const log = jsonLog(job);
  const secret = (file: string, name: string) => readSecret(job, file, name);
  const extraction: Extraction = {
    connect: async () => {
      const client = await connectPatiently(connectionOf(job, settings), { signal });
      client.on("error", (error) => log("warn", "connection lost", { reason: error.message }));
      return client;
    },
    gong: {
      url: settings.SOPHIA_GONG_API_URL,
      credentials: () => ({
        accessKey: secret(settings.SOPHIA_GONG_ACCESS_KEY_FILE, "gongAccessKey"),
        accessKeySecret: secret(settings.SOPHIA_GONG_ACCESS_KEY_SECRET_FILE, "gongAccessKeySecret"),
      }),
      perSecond: settings.SOPHIA_GONG_EXTRACTOR_REQUESTS_PER_SECOND,
      perDay: settings.SOPHIA_GONG_EXTRACTOR_REQUESTS_PER_DAY,
      patience: settings.SOPHIA_GONG_PATIENCE,
    },
    plan: {
      start: new Date(settings.SOPHIA_GONG_START),
      lag: settings.SOPHIA_GONG_LAG,
      overlap: settings.SOPHIA_GONG_OVERLAP,
      lookbackDays: settings.SOPHIA_GONG_LOOKBACK_DAYS,
      lookbackEvery: settings.SOPHIA_GONG_LOOKBACK_INTERVAL,
    },
    signal,
    log,
  };
  const readings = {
    interval: settings.SOPHIA_GONG_READ_INTERVAL,
    until: settings.SOPHIA_GONG_READ_UNTIL,
  };
  await readRepeatedly(() => extract(extraction), { readings, clock: systemClock, signal });
}
