import { streamChecks } from "../../../../../data/quality/checks/streams.ts";
import { StatusClient } from "../../../../../data/quality/estuary/client.ts";
import { Meter, type MeterOptions } from "../../../../../data/quality/measure.ts";
import { type Flow, prefix } from "./flow.ts";

/** So late that no alert is about lateness. */
export const never = 1e6;

/** The quality checks of what flows; Gong's extractor is not part of it. */
export function checksOf({ server, estuary, engines }: Flow, more: Partial<MeterOptions> = {}) {
  const pool = server.pool("quality");
  const meter = new Meter({
    pool,
    estuary: new StatusClient({
      url: estuary.url,
      apiKey: estuary.key,
      tasks: engines.map(([, task]) => `${prefix}/${task}`),
    }),
    threshold: 0,
    maxLag: never,
    warehouseInterval: 60,
    retentionDays: 90,
    streams: streamChecks.filter(({ source }) => source !== "gong"),
    ...more,
  });
  return { look: () => meter.run(new AbortController().signal), close: () => pool.end() };
}
