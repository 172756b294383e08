import { z } from "zod";
import { inTransaction } from "../kit/database.ts";
import { pageOf } from "./pages.ts";
import { fieldNotes, refuseOtherApi, type Session, type Work } from "./session.ts";
import { Drift, type Fields, watchedFields } from "./source/drift.ts";
import { markUsers } from "./staging/deletions.ts";
import { logRejects, readCursor, writeProgress } from "./staging/ledger.ts";
import { loading } from "./staging/load.ts";
import { lastOfEach, type Reject, type Row, userRow } from "./staging/rows.ts";
import { scratchTable, streamOf, users } from "./staging/tables.ts";

const stream = streamOf(users);
export const userStreams = [stream] as const;

const usersCursor = z.object({
  /** When the list was last read to its end. */
  read: z.iso.datetime(),
  fields: watchedFields,
});

/**
 * Reads all users: Gong cannot filter them by change, and returns a hundred per request. After a kill, the next run starts
 * again; unchanged rows are not written.
 */
export async function extractUsers({ client, api, runId, clock, signal }: Session): Promise<Work> {
  await client.query(scratchTable(users));
  const stored = await readCursor(client, stream);
  const before: Fields =
    stored === undefined ? { known: [], extra: [], shares: {} } : usersCursor.parse(stored).fields;
  const drift = new Drift("gong_users");
  const seen: string[] = [];
  const path = "/v2/users";
  const doubts: string[] = [];
  let [rejected, nameless] = [0, 0];
  let cursor: string | undefined;
  do {
    const { records, next } = pageOf(await api({ path, query: { cursor }, signal }), "users", path);
    const extractedAt = new Date();
    const rows: Row[] = [];
    const rejects: Reject[] = [];
    for (const record of records) {
      if (typeof record === "object" && record !== null) drift.watch(record);
      const id = (record as { id?: unknown } | null)?.id;
      if (typeof id === "string") seen.push(id);
      else nameless += 1;
      const result = userRow(record);
      if ("reject" in result) rejects.push(result.reject);
      else rows.push(result.row);
    }
    await refuseOtherApi({ client, runId }, stream, records.length, rejects);
    const complete = next === undefined && nameless === 0;
    rejected += await loading(client, async (load) => {
      const loaded = await load(users, lastOfEach(rows), { runId, extractedAt });
      const bad = [...rejects, ...loaded.rejects];
      await logRejects(client, stream, runId, bad);
      const gone = complete ? await markUsers(client, seen, runId) : undefined;
      if (gone?.doubt !== undefined) doubts.push(gone.doubt);
      const changed = loaded.changed + (gone?.rows ?? 0);
      const counts = { read: records.length, changed, rejected: bad.length };
      await writeProgress(client, stream, runId, undefined, { [stream]: counts });
      return bad.length;
    });
    signal.throwIfAborted();
    cursor = next;
  } while (cursor !== undefined);
  const { fields, added, removed } = drift.compare(before);
  await inTransaction(client, async () => {
    await logRejects(client, stream, runId, fieldNotes(added, removed));
    const read = new Date(clock.now()).toISOString();
    await writeProgress(client, stream, runId, { read, fields });
  });
  return { rejected, doubts, added, removed, lag: 0 };
}
