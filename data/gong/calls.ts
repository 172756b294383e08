import { inTransaction } from "../kit/database.ts";
import { type CallsPage, readCallsPage } from "./pages.ts";
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
import { countRows, logRejects, readCursor, writeCursor } from "./staging/ledger.ts";
import { load } from "./staging/load.ts";
import { callRow, crmRows, lastOfEach, type Reject, type Row } from "./staging/rows.ts";
import { calls, crmEntities, scratchTable, streamOf } from "./staging/tables.ts";

const stream = streamOf(calls);
const crmStream = streamOf(crmEntities);
export const callStreams = [stream, crmStream] as const;

/** Calls that Gong no longer has in a window that was read whole. */
const markDeleted = `
  UPDATE ${calls.name} AS t SET _deleted_at = now(), _loaded_at = now(), _run_id = $4
  WHERE started_at >= $1 AND started_at < $2 AND _deleted_at IS NULL
    AND NOT EXISTS (SELECT FROM unnest($3::text[]) AS seen (id) WHERE seen.id = t.call_id)`;

/**
 * Reads calls with their transcripts, and the CRM objects that they are about, from where the last run stood to the
 * present. Each page is one transaction with its cursor; the next page is fetched meanwhile, and never more.
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
    const page = window && readOrRestart(() => readCallsPage(api, window, signal), window);
    // Whoever waits for it hears of it; until then it is no unhandled rejection.
    page?.catch(() => undefined);
    return page;
  };
  let coming = ask(cursor);
  try {
    while (coming) {
      const page: CallsPage | Window = await coming;
      if (!("records" in page)) {
        cursor = { ...cursor, window: page };
        coming = ask(cursor);
        continue;
      }
      const step = advance(cursor, page);
      cursor = step.cursor;
      coming = ask(cursor);
      if (!isTooLarge(page)) {
        for (const record of page.records)
          if (typeof record === "object" && record !== null) drift.watch(record);
        rejected += await takeOver(session, page, step);
      }
      session.signal.throwIfAborted();
    }
  } finally {
    ending.abort();
  }
  const { fields, added, removed } = drift.compare(cursor.fields);
  await inTransaction(client, async () => {
    await logRejects(client, stream, session.runId, fieldNotes(added, removed));
    await writeCursor(client, stream, { ...endPass(cursor), fields }, session.runId);
  });
  return { rejected, added, removed, lag: (clock.now() - Date.parse(cursor.through)) / 1000 };
}

/** A window whose cursor holds no longer is read from its beginning; rows that are there already stay untouched. */
async function readOrRestart(read: () => Promise<CallsPage>, window: Window): Promise<CallsPage | Window> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof GongError) || error.kind !== "cursor") throw error;
    return { from: window.from, to: window.to, seen: [], blind: false };
  }
}

/** @returns how many records were rejected */
async function takeOver(
  { client, runId }: Session,
  page: CallsPage,
  { cursor, finished }: ReturnType<typeof advance>,
): Promise<number> {
  const rows: Row[] = [];
  const taken: WireCall[] = [];
  const rejects: Reject[] = [];
  for (const record of page.records) {
    const id = (record as { metaData?: { id?: string } } | null)?.metaData?.id;
    const result = callRow(record, page.transcripts.get(id ?? ""));
    if ("reject" in result) rejects.push(result.reject);
    else {
      rows.push(result.row);
      taken.push(result.call);
    }
  }
  await refuseOtherApi({ client, runId }, stream, page.records.length, rejects);
  const entities = crmRows(taken);
  const provenance = { runId, extractedAt: page.extractedAt };
  return await inTransaction(client, async () => {
    const loaded = await load(client, calls, lastOfEach(rows), provenance);
    const crm = await load(client, crmEntities, entities, provenance);
    const bad = [...rejects, ...loaded.rejects];
    await logRejects(client, stream, runId, bad);
    await logRejects(client, crmStream, runId, crm.rejects);
    const gone =
      finished && !finished.blind
        ? await client.query(markDeleted, [finished.from, finished.to, finished.seen, runId])
        : undefined;
    const changed = loaded.changed + (gone?.rowCount ?? 0);
    await countRows(client, stream, runId, { read: page.records.length, changed, rejected: bad.length });
    await countRows(client, crmStream, runId, {
      read: entities.length,
      changed: crm.changed,
      rejected: crm.rejects.length,
    });
    await writeCursor(client, stream, cursor, runId);
    return bad.length + crm.rejects.length;
  });
}
