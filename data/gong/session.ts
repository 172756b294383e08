import type { ClientBase } from "pg";
import { inTransaction } from "../kit/database.ts";
import { messageOf } from "../kit/errors.ts";
import type { Log } from "../kit/log.ts";
import type { Plan } from "./plan.ts";
import type { Api } from "./source/api.ts";
import type { Clock } from "./source/clock.ts";
import { fieldReasons } from "./source/drift.ts";
import { GongError } from "./source/errors.ts";
import { closeRun, type Ending, lockStream, logRejects, openRun } from "./staging/ledger.ts";
import type { Reject } from "./staging/rows.ts";

/** What a run of one stream works with. */
export interface Session {
  /** Used by this run only. It holds the locks: losing the connection releases them. */
  client: ClientBase;
  api: Api;
  plan: Plan;
  runId: string;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
}

/** What a stream's work came to. */
export interface Work {
  /** Records that could not be stored. */
  rejected: number;
  /** Empty answers that were not believed. */
  doubts: string[];
  /** Fields that are new, or no longer come. */
  added: string[];
  removed: string[];
  /** Seconds that the stream is behind its source. */
  lag: number;
}

const ending = ({ rejected, doubts, added, removed, lag }: Work): Ending => {
  const said = [
    ...(rejected > 0 ? [`${rejected} records were rejected, see error_logs`] : []),
    ...doubts,
    ...(removed.length > 0 ? [`no longer sent: ${removed.join(", ")}`] : []),
    ...(added.length > 0 ? [`new fields, kept as JSON: ${added.join(", ")}`] : []),
  ];
  const degraded = rejected > 0 || doubts.length > 0 || removed.length > 0;
  return { status: degraded ? "degraded" : "succeeded", message: said.join("; ") || undefined, lag };
};

const interrupted = (error: unknown, signal: AbortSignal): Ending | undefined => {
  if (signal.aborted) {
    const reason = messageOf(signal.reason);
    return { status: "degraded", message: `${reason}; the next run continues from here`, lag: undefined };
  }
  if (error instanceof GongError && error.kind === "later")
    return { status: "degraded", message: error.message, lag: undefined };
  return undefined;
};

/**
 * Runs the work of streams under their locks, and writes down how it went.
 *
 * @param streams they share one run; the first gives it its name
 * @returns whether it ran: another extractor may hold a lock
 * @throws what `work` threw, unless it only means that the next run goes on
 */
export async function runStreams(
  session: Session,
  streams: readonly string[],
  work: () => Promise<Work>,
): Promise<boolean> {
  const { client, runId, log, signal } = session;
  for (const stream of streams) {
    if (await lockStream(client, stream)) continue;
    log("info", "another extractor holds the stream's lock", { stream });
    return false;
  }
  const close = (end: Ending) =>
    inTransaction(client, async () => {
      for (const stream of streams) await closeRun(client, stream, runId, end);
    });
  await inTransaction(client, async () => {
    for (const stream of streams) await openRun(client, stream, runId);
  });
  let end: Ending;
  try {
    end = ending(await work());
  } catch (error) {
    const pause = interrupted(error, signal);
    if (!pause) {
      const message = messageOf(error);
      // If the connection was lost, the next run records the failure.
      await close({ status: "failed", message, lag: undefined }).catch((later: unknown) =>
        log("warn", "cannot record how the run ended", { reason: String(later) }),
      );
      throw error;
    }
    end = pause;
  }
  await close(end);
  log(end.status === "succeeded" ? "info" : "warn", "run ended", { streams, ...end });
  return true;
}

/** Whether most of a page is not as documented: not a few bad records, but another API. */
export const isOtherApi = (records: number, rejects: readonly Reject[]): boolean =>
  records >= 10 && rejects.length * 2 > records;

/** @throws GongError when it is another API */
export async function refuseOtherApi(
  { client, runId }: Pick<Session, "client" | "runId">,
  stream: string,
  records: number,
  rejects: readonly Reject[],
): Promise<void> {
  const [first] = rejects;
  if (!first || !isOtherApi(records, rejects)) return;
  await inTransaction(client, () => logRejects(client, stream, runId, [first]));
  const where = first.issues.map(({ path, message }) => `${path}: ${message}`).join("; ");
  throw new GongError(
    `${rejects.length} of ${records} records of a page cannot be loaded, so the stream stops here: ` +
      `${first.reason}${where === "" ? "" : ` (${where})`}; one of them is in error_logs. If Gong changed its API, ` +
      "correct data/gong/source/wire.ts",
  );
}

/** A field that is new or gone, as something to look at. */
export const fieldNotes = (added: string[], removed: string[]): Reject[] => [
  ...added.map((path) => note(fieldReasons.added, path, "kept as JSON; a column for it needs a migration")),
  ...removed.map((path) => note(fieldReasons.gone, path, "its column is empty in new rows")),
];

const note = (reason: string, path: string, message: string): Reject => ({
  key: path,
  reason,
  issues: [{ path, message }],
  raw: "null",
});
