import { setImmediate } from "node:timers/promises";
import { inTransaction } from "../kit/database.ts";
import { type CallsPage, readCallsPage, readTranscripts, type Transcripts } from "./pages.ts";
import {
  advance,
  beginning,
  type CallsCursor,
  callsCursor,
  day,
  endPass,
  isTooLarge,
  nextWindow,
  startPass,
  type Window,
} from "./plan.ts";
import { Queue } from "./queue.ts";
import { fieldNotes, isOtherApi, refuseOtherApi, type Session, type Work } from "./session.ts";
import { Drift } from "./source/drift.ts";
import { expired, GongError } from "./source/errors.ts";
import type { WireCall } from "./source/wire.ts";
import { markCalls } from "./staging/deletions.ts";
import { logRejects, readCursor, writeProgress } from "./staging/ledger.ts";
import { loading } from "./staging/load.ts";
import { callRow, crmRows, lastOfEach, type Reject, type Row, transcriptReject } from "./staging/rows.ts";
import { calls, crmEntities, scratchTable, streamOf } from "./staging/tables.ts";

const stream = streamOf(calls);
const crmStream = streamOf(crmEntities);
export const callStreams = [stream, crmStream] as const;

/** A page that is ready, and where the stream stands when it is loaded. */
type Step = ReturnType<typeof advance> & { page: PreparedPage };

/** Pages that are made ready ahead of PostgreSQL. */
const ahead = 4;

/**
 * Reads calls with their transcripts, and the CRM objects that they are about, from where the last run stood to the
 * present. Pages are loaded with their cursor in one transaction: one at a time while Gong is slower than PostgreSQL,
 * otherwise all that are prepared. Their number is bounded, so memory does not grow with the account.
 */
export async function extractCalls(session: Session): Promise<Work> {
  const { client, plan, clock } = session;
  await client.query(scratchTable(calls));
  await client.query(scratchTable(crmEntities));
  const stored = await readCursor(client, stream);
  const now = clock.now();
  const before = stored === undefined ? beginning(plan) : callsCursor.parse(stored);
  let cursor = startPass(before, plan, now);
  const looksBack = cursor.lookedBack !== before.lookedBack;
  const drift = new Drift("gong_calls");
  const queue = new Queue<Step>(ahead);
  const ending = new AbortController();
  const signal = AbortSignal.any([session.signal, ending.signal]);
  const reading = readAhead({ ...session, signal }, cursor, now, drift, queue).then(
    () => queue.end(),
    (error: unknown) => queue.end(error),
  );
  let rejected = 0;
  const doubts: string[] = [];
  try {
    for (;;) {
      const steps = await queue.takeAll();
      const last = steps?.at(-1);
      if (!steps || !last) break;
      const taken = await takeOver(session, steps);
      rejected += taken.rejected;
      doubts.push(...taken.doubts);
      cursor = last.cursor;
      session.signal.throwIfAborted();
    }
  } finally {
    ending.abort();
    queue.end();
    await reading;
  }
  const { fields, added, removed } = drift.compare(cursor.fields, looksBack);
  await inTransaction(client, async () => {
    await logRejects(client, stream, session.runId, fieldNotes(added, removed));
    await writeProgress(client, stream, session.runId, { ...endPass(cursor), fields });
  });
  return { rejected, doubts, added, removed, lag: (clock.now() - Date.parse(cursor.through)) / 1000 };
}

/** Makes pages ready until the pass ends; the next is listed while one gets its transcripts. */
async function readAhead(
  { api, plan, signal }: Session,
  from: CallsCursor,
  now: number,
  drift: Drift,
  queue: Queue<Step>,
): Promise<void> {
  let cursor = from;
  // Records that every look back has, so that one can be compared with the next.
  const recent = now - plan.lookbackDays * day;
  const ask = () => {
    const window = nextWindow(cursor, plan, now);
    const page = window && readOrRestart((of) => readCallsPage(api, of, signal), window);
    // It is awaited later; until then its failure is no unhandled rejection.
    page?.catch(() => undefined);
    return page;
  };
  let listing = ask();
  let restarted: Window | undefined;
  while (listing) {
    const page: CallsPage | Window = await listing;
    if (!("records" in page)) {
      if (restarted?.from === page.from && restarted.to === page.to) throw refusedAgain(page);
      restarted = page;
      cursor = { ...cursor, window: page };
      listing = ask();
      continue;
    }
    const step = advance(cursor, page);
    cursor = step.cursor;
    listing = ask();
    if (isTooLarge(page)) continue;
    const transcripts = await readTranscripts(api, page.ids, signal);
    await queue.push({ ...step, page: await prepared(page, transcripts, drift, recent) });
  }
}

/** A window whose cursor holds no longer is read from its beginning; rows that are there already stay untouched. */
async function readOrRestart(
  read: (window: Window) => Promise<CallsPage>,
  window: Window,
): Promise<CallsPage | Window> {
  try {
    return await read(window);
  } catch (error) {
    if (!expired(error)) throw error;
    return { from: window.from, to: window.to, seen: [], blind: false };
  }
}

/** Without an end a cursor that Gong always refuses would use up the day's requests. */
const refusedAgain = ({ from, to }: Window) =>
  new GongError(
    `Gong refused its own cursor twice while calls from ${from} to ${to} were read, so the run ends; the next one reads ` +
      "that window again. If each run ends so, suspend the CronJob pipeline-gong, which saves requests, and ask Gong's support",
  );

/** A page as it will be loaded, without what was read for it, so that memory stays flat. */
interface PreparedPage {
  records: number;
  rows: Row[];
  taken: WireCall[];
  rejects: Reject[];
  extractedAt: Date;
}

/** Runs while PostgreSQL loads the previous page. */
async function prepared(
  { records, extractedAt }: CallsPage,
  transcripts: Transcripts,
  drift: Drift,
  recent: number,
): Promise<PreparedPage> {
  const rows: Row[] = [];
  const taken: WireCall[] = [];
  const rejects: Reject[] = transcripts.nameless.map(transcriptReject);
  for (const [index, record] of records.entries()) {
    // COPY of the previous page shares this thread: it stalls unless the event loop gets to its socket.
    if (index % 5 === 4) await setImmediate();
    const { id, started } = (record as Partial<WireCall> | null)?.metaData ?? {};
    const transcript = transcripts.byCall.get(id ?? "");
    if (typeof record === "object" && record !== null) {
      const all = transcript === undefined ? record : { ...record, callTranscripts: transcript };
      drift.watch(all, Date.parse(started ?? "") >= recent);
    }
    const result = callRow(record, transcript);
    if ("reject" in result) rejects.push(result.reject);
    else {
      rows.push(result.row);
      taken.push(result.call);
    }
  }
  return { records: records.length, rows, taken, rejects, extractedAt };
}

/** What loading pages came to: how many records were rejected, and which empty windows were not believed. */
type Loaded = Pick<Work, "rejected" | "doubts">;

async function takeOver({ client, runId }: Session, steps: readonly Step[]): Promise<Loaded> {
  const strange = steps.findIndex(({ page }) => isOtherApi(page.records, page.rejects));
  const good = strange < 0 ? steps : steps.slice(0, strange);
  const loaded = good.length > 0 ? await loadPages({ client, runId }, good) : { rejected: 0, doubts: [] };
  const other = steps[strange];
  if (other) await refuseOtherApi({ client, runId }, stream, other.page.records, other.page.rejects);
  return loaded;
}

function loadPages(
  { client, runId }: Pick<Session, "client" | "runId">,
  steps: readonly Step[],
): Promise<Loaded> {
  const pages = steps.map(({ page }) => page);
  const rows = lastOfEach(pages.flatMap((page) => page.rows));
  const entities = crmRows(pages.flatMap(({ taken }) => taken));
  const read = pages.reduce((sum, { records }) => sum + records, 0);
  const provenance = { runId, extractedAt: pages.at(-1)?.extractedAt ?? new Date() };
  return loading(client, async (load) => {
    const loaded = await load(calls, rows, provenance);
    const crm = await load(crmEntities, entities, provenance);
    const bad = [...pages.flatMap(({ rejects }) => rejects), ...loaded.rejects];
    await logRejects(client, stream, runId, bad);
    await logRejects(client, crmStream, runId, crm.rejects);
    let { changed } = loaded;
    const doubts: string[] = [];
    for (const { finished } of steps) {
      if (!finished || finished.blind) continue;
      const { rows: gone, doubt } = await markCalls(client, finished, runId);
      changed += gone;
      if (doubt !== undefined) doubts.push(doubt);
    }
    await writeProgress(client, stream, runId, steps.at(-1)?.cursor, {
      [stream]: { read, changed, rejected: bad.length },
      [crmStream]: { read: entities.length, changed: crm.changed, rejected: crm.rejects.length },
    });
    return { rejected: bad.length + crm.rejects.length, doubts };
  });
}
