import pg from "pg";
import { pause } from "./pause.ts";

/** A pod's network opens a moment after its start, and PostgreSQL's name may move to another server. */
const passing = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "EAI_AGAIN",
  // PostgreSQL starts, or stops.
  "57P01",
  "57P03",
]);

/** Whether a later try may succeed where this error was met. Pure. */
export function isPassing(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isPassing);
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  return passing.has(code) || /timeout expired|Connection terminated/.test(error.message);
}

export interface Patience {
  /** Seconds until it gives up. Default: 30. */
  seconds?: number;
  signal?: AbortSignal;
}

/**
 * Connects to PostgreSQL, and tries again for a while where it cannot be reached yet.
 *
 * @throws the last error
 */
export async function connectPatiently(
  config: pg.ClientConfig,
  { seconds = 30, signal }: Patience = {},
): Promise<pg.Client> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const client = new pg.Client(config);
    // Without a listener, a connection lost while idle would end the process; the next query fails anyway.
    client.on("error", () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (!isPassing(error) || performance.now() >= end) throw error;
    }
    await pause(0.5, signal);
  }
}
