import { connectionOf, openPool } from "../kit/database.ts";
import { readEnvironment } from "../kit/environment.ts";
import { messageOf } from "../kit/errors.ts";
import { jsonLog } from "../kit/log.ts";
import { serveMetrics } from "../kit/metrics.ts";
import { estuaryOf, hubspotOf, qualityEnvironment, streamsOf, warehouseOf } from "./environment.ts";
import { StatusClient } from "./estuary/client.ts";
import { type Measured, Meter } from "./measure.ts";
import { metricsOf } from "./metrics.ts";
import { paceOf, runOnLoads } from "./schedule/pace.ts";
import { writtenTo } from "./schedule/written.ts";
import { HubspotSource } from "./source/hubspot.ts";
import { WarehouseClient } from "./warehouse/client.ts";

const job = "quality";

/** Consecutive failed runs after which the job is unhealthy. */
const patience = 5;

/** Milliseconds that a look for loads may take. */
const lookPatience = 2000;

/**
 * Runs the checks after each load and on an interval until the signal, and serves their results as metrics. A run that
 * fails (PostgreSQL is down) is logged, counted, and tried again at the next interval.
 */
export async function run(environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const settings = readEnvironment(job, qualityEnvironment, environment);
  const log = jsonLog(job);
  const { SOPHIA_QUALITY_INTERVAL: interval, SOPHIA_QUALITY_MAX_LAG: maxLag } = settings;
  const login = warehouseOf(settings);
  if (!login) log("warn", "no key of the warehouse's reader: staging is not compared with the warehouse");
  const account = estuaryOf(settings);
  if (!account) log("warn", "no tasks at Estuary are configured: their status is not checked");
  const hubspot = hubspotOf(settings);
  const connection = connectionOf(job, settings);
  const lost = (reason: string) => log("warn", "connection lost", { reason });
  const pool = openPool(connection, lost);
  // One of its own: that PostgreSQL is gone is for a run to meet and to tell, soon.
  const brief = { connectionTimeoutMillis: lookPatience, query_timeout: lookPatience };
  const looks = openPool({ ...connection, ...brief }, lost, 1);
  const streams = streamsOf(settings);
  const meter = new Meter({
    pool,
    warehouse: login && new WarehouseClient(login),
    estuary: account && new StatusClient(account),
    source: hubspot && {
      hubspot: new HubspotSource(hubspot),
      interval: settings.SOPHIA_HUBSPOT_WATCH_INTERVAL,
    },
    threshold: settings.SOPHIA_QUALITY_THRESHOLD,
    maxLag,
    streams,
    retentionDays: settings.SOPHIA_QUALITY_RETENTION_DAYS,
    warehouseInterval: settings.SOPHIA_QUALITY_WAREHOUSE_INTERVAL,
  });
  let measured: Measured | undefined;
  let failures = 0;
  let inARow = 0;
  const serving = await serveMetrics(
    settings.PORT,
    () => metricsOf(measured, failures, maxLag, settings.SOPHIA_HUBSPOT_MAX_AHEAD),
    () => (inARow >= patience ? `the last ${inARow} runs failed` : undefined),
  );
  log("info", "checks run", { interval, port: serving.port });
  /** One run; whether it completed. */
  const check = async (): Promise<boolean> => {
    const before = measured;
    try {
      measured = await meter.run(signal);
      inARow = 0;
    } catch (error) {
      if (signal.aborted) return false;
      failures += 1;
      inARow += 1;
      log("error", "the checks failed", {
        reason: messageOf(error),
      });
      return false;
    }
    if (measured?.estuaryFault !== undefined && measured.estuaryFault !== before?.estuaryFault)
      log("warn", "the status of Estuary's tasks is unknown", { reason: measured.estuaryFault });
    for (const { stream, refused, why } of measured?.atSource ?? []) {
      const was = before?.atSource.find((one) => one.stream === stream)?.refused ?? 0;
      if (refused !== was)
        log(
          refused === 0 ? "info" : "warn",
          refused === 0 ? `${stream}: HubSpot answers` : `${stream}: HubSpot refuses`,
          why === undefined ? {} : { why },
        );
    }
    for (const { stream, state, message } of changed(before, measured)) {
      log(
        state === "ok" ? "info" : "warn",
        `${stream} is ${state}`,
        message === undefined ? {} : { why: message },
      );
    }
    return true;
  };
  let blind = false;
  const look = async (): Promise<string | undefined> => {
    try {
      const written = await writtenTo(looks, streams);
      blind = false;
      return written;
    } catch (error) {
      if (!blind)
        log("warn", "loads cannot be seen: the checks run on their interval", { reason: messageOf(error) });
      blind = true;
      return undefined;
    }
  };
  try {
    await runOnLoads({ pace: paceOf(interval), run: check, look, signal });
  } finally {
    await serving.close();
    await Promise.all([pool.end(), looks.end()]);
  }
}

/** Streams whose state is another one than before. */
function changed(before: Measured | undefined, now: Measured | undefined): Measured["statuses"] {
  const states = new Map(before?.statuses.map(({ stream, state }) => [stream, state]));
  return (now?.statuses ?? []).filter(({ stream, state }) => states.get(stream) !== state);
}
