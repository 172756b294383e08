import { inTransaction } from "../kit/database.ts";
import { type CallsPage, readCallsPage, readTranscripts } from "./pages.ts";
import {
  advance,
  beginning,
  type CallsCursor,
  callsCursor,
  endPass,
  isTooLarge,
  nextWindow,
  startPass,
  type Window,
} from "./plan.ts";
import { fieldNotes, refuseOtherApi, type Session, type Work } from "./session.ts";
import { Drift } from "./source/drift.ts";
import { GongError } from "./source/errors.ts";
import type { WireCall } from "./source/wire.ts";
import { logRejects, readCursor, writeProgress } from "./staging/ledger.ts";
import { loading } from "./staging/load.ts";
import { callRow, crmRows, lastOfEach, type Reject, type Row } from "./staging/rows.ts";
import { calls, crmEntities, scratchTable, streamOf } from "./staging/tables.ts";

const stream = streamOf(calls);
const crmStream = streamOf(crmEntities);
export const callStreams = [stream, crmStream] as const;

/** Calls that Gong no longer has in a window that was read whole. */
const markDeleted = `
  UPDATE ${calls.name} SET _deleted_at = now(), _loaded_at = now(), _run_id = $4
  WHERE started_at >= $1 AND started_at < $2 AND _deleted_at IS NULL
    AND call_id <> ALL ($3::text[])`;

/** A page that is being made ready, and where the stream stands when it is loaded. */
type Step = ReturnType<typeof advance> & { page: Promise<PreparedPage> };

/** A promise that is awaited later; until then its failure is no unhandled rejection. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/**
 * Reads calls with their transcripts, and the CRM objects that they are about, from where the last run stood to the
 * present. Each page is one transaction with its cursor. While one is loaded, the next gets its transcripts and the one
 * after it is listed; never more, so that memory does not grow with the account.
 */
export async function extractCalls(session: Session): Promise<Work> {
  const { client, plan, clock, api } = session;
  await client.query(scratchTable(calls));
  await client.query(scratchTable(crmEntities));
  const stored = await readCursor(client, stream);
  const now = clock.now();
  let cursor = startPass(stored === undefined ? beginning(plan) : callsCursor.parse(stored), plan, now);
  const drift = new Drift("gong_calls");
  let rejected = 0;
  const ending = new AbortController();
  const signal = AbortSignal.any([session.signal, ending.signal]);
  const ask = (from: CallsCursor) => {
    const window = nextWindow(from, plan, now);
    return window && handled(readOrRestart((of) => readCallsPage(api, of, signal), window));
  };
  const fill = async (page: CallsPage) => prepared(page, await readTranscripts(api, page.ids, signal), drift);
  let listing = ask(cursor);
  let waiting: Step | undefined;
  try {
    while (listing || waiting) {
      const page: CallsPage | Window | undefined = await listing;
      let next: Step | undefined;
      if (page && !("records" in page)) cursor = { ...cursor, window: page };
      else if (page) {
        const step = advance(cursor, page);
        cursor = step.cursor;
        if (!isTooLarge(page)) next = { ...step, page: handled(fill(page)) };
      }
      listing = page && ask(cursor);
      if (waiting) rejected += await takeOver(session, await waiting.page, waiting);
      waiting = next;
      session.signal.throwIfAborted();
    }
  } finally {
    ending.abort();
  }
  const { fields, added, removed } = drift.compare(cursor.fields);
  await inTransaction(client, async () => {
    await logRejects(client, stream, session.runId, fieldNotes(added, removed));
    await writeProgress(client, stream, session.runId, { ...endPass(cursor), fields });
  });
  return { rejected, added, removed, lag: (clock.now() - Date.parse(cursor.through)) / 1000 };
}

/** A window whose cursor holds no longer is read from its beginning; rows that are there already stay untouched. */
async function readOrRestart(
  read: (window: Window) => Promise<CallsPage>,
  window: Window,
): Promise<CallsPage | Window> {
  try {
    return await read(window);
  } catch (error) {
    if (!(error instanceof GongError) || error.kind !== "cursor") throw error;
    return { from: window.from, to: window.to, seen: [], blind: false };
  }
}

/** A page as it will be loaded. What was read for it is let go. */
interface PreparedPage {
  records: number;
  rows: Row[];
  entities: Row[];
  rejects: Reject[];
  extractedAt: Date;
}

/** Done while PostgreSQL is busy with the page before. */
function prepared(
  { records, extractedAt }: CallsPage,
  transcripts: Map<string, unknown>,
  drift: Drift,
): PreparedPage {
  const rows: Row[] = [];
  const taken: WireCall[] = [];
  const rejects: Reject[] = [];
  for (const record of records) {
    if (typeof record === "object" && record !== null) drift.watch(record);
    const id = (record as { metaData?: { id?: string } } | null)?.metaData?.id;
    const result = callRow(record, transcripts.get(id ?? ""));
    if ("reject" in result) rejects.push(result.reject);
    else {
      rows.push(result.row);
      taken.push(result.call);
    }
  }
  return { records: records.length, rows: lastOfEach(rows), entities: crmRows(taken), rejects, extractedAt };
}

/** @returns how many records were rejected */
async function takeOver(
  { client, runId }: Session,
  { records, rows, entities, rejects, extractedAt }: PreparedPage,
  { cursor, finished }: Pick<Step, "cursor" | "finished">,
): Promise<number> {
  await refuseOtherApi({ client, runId }, stream, records, rejects);
  const provenance = { runId, extractedAt };
  return await loading(client, async (load) => {
    const loaded = await load(calls, rows, provenance);
    const crm = await load(crmEntities, entities, provenance);
    const bad = [...rejects, ...loaded.rejects];
    await logRejects(client, stream, runId, bad);
    await logRejects(client, crmStream, runId, crm.rejects);
    const gone =
      finished && !finished.blind
        ? await client.query(markDeleted, [finished.from, finished.to, finished.seen, runId])
        : undefined;
    const changed = loaded.changed + (gone?.rowCount ?? 0);
    await writeProgress(client, stream, runId, cursor, {
      [stream]: { read: records, changed, rejected: bad.length },
      [crmStream]: { read: entities.length, changed: crm.changed, rejected: crm.rejects.length },
    });
    return bad.length + crm.rejects.length;
  });
}
