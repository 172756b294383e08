import { type WarehouseClient, WarehouseError } from "../warehouse/client.ts";
import type { InWarehouse } from "./judge.ts";
import { warehouseScanOf } from "./sql.ts";
import type { StreamChecks } from "./streams.ts";

/** What the warehouse said of a stream. */
export interface Answer {
  warehouse?: InWarehouse;
  fault?: string;
}

/** A moment as the SQL API writes it: seconds, with an offset behind a blank where it has one. */
const secondsOf = (text: string | null | undefined): number | undefined =>
  text === null || text === undefined || text === "" ? undefined : Number(text.split(" ")[0]);

/** Missing objects and missing rights look alike in Snowflake. */
const missing = new Set(["002003", "002043"]);

/** Counts every stream in the warehouse. A stream whose table is not there yet is left without a number. */
export async function lookInto(
  client: WarehouseClient,
  streams: readonly StreamChecks[],
  signal: AbortSignal,
): Promise<{ answers: Map<string, Answer>; reachable: boolean }> {
  const answers = new Map<string, Answer>();
  let reachable = true;
  for (const stream of streams) {
    try {
      const [row] = await client.query(warehouseScanOf(stream), [], signal);
      const newest = secondsOf(row?.newest);
      answers.set(stream.stream, {
        warehouse: {
          rows: Number(row?.rows ?? 0),
          keys: Number(row?.keys ?? 0),
          ...(newest !== undefined && { newest }),
        },
      });
    } catch (error) {
      if (!(error instanceof WarehouseError)) throw error;
      if (missing.has(error.code)) {
        answers.set(stream.stream, {});
        continue;
      }
      // Not one stream's fault: what is true of the first is true of all.
      reachable = false;
      for (const { stream: name } of streams) answers.set(name, { fault: error.message });
      break;
    }
  }
  return { answers, reachable };
}
