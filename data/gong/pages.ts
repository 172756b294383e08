import type { Paged, Window } from "./plan.ts";
import type { Api } from "./source/api.ts";
import { expired, GongError } from "./source/errors.ts";
import { wirePage } from "./source/wire.ts";

/** Records of one page of calls. */
export interface CallsPage extends Paged {
  records: unknown[];
  extractedAt: Date;
}

const contentSelector = {
  // CRM objects in their current version; with a native HubSpot integration Gong has no other endpoint for them.
  context: "Extended",
  contextTiming: ["Now"],
  exposedFields: {
    parties: true,
    content: {
      structure: true,
      topics: true,
      trackers: true,
      brief: true,
      outline: true,
      keyPoints: true,
      callOutcome: true,
    },
  },
};

/** The records of an answer, and where the next page is. */
export function pageOf(answer: unknown, field: string, path: string) {
  if (answer === undefined) return { records: [] as unknown[], total: 0, next: undefined };
  const result = wirePage.safeParse(answer);
  const records = result.data?.[field];
  if (!result.success || !Array.isArray(records)) {
    throw new GongError(`Gong's answer to ${path} has no ${field}; check SOPHIA_GONG_API_URL`);
  }
  const { totalRecords, cursor } = result.data.records ?? {};
  return { records: records as unknown[], total: totalRecords ?? records.length, next: cursor ?? undefined };
}

const callIdOf = (record: unknown): string | undefined => {
  const id = (record as { metaData?: { id?: unknown } } | null)?.metaData?.id;
  return typeof id === "string" ? id : undefined;
};

/** One page of the calls in a window. Records without an id are counted in `nameless`. */
export async function readCallsPage(api: Api, window: Window, signal: AbortSignal): Promise<CallsPage> {
  const path = "/v2/calls/extensive";
  const { from: fromDateTime, to: toDateTime, page: cursor } = window;
  const body = { filter: { fromDateTime, toDateTime }, contentSelector, ...(cursor && { cursor }) };
  const { records, total, next } = pageOf(await api({ path, body, signal }), "calls", path);
  const extractedAt = new Date();
  const ids = records.flatMap((record) => callIdOf(record) ?? []);
  return { window, ids, nameless: records.length - ids.length, total, next, records, extractedAt };
}

/** What was said in the calls of a page. */
export interface Transcripts {
  byCall: Map<string, unknown>;
  /** Those that do not say which call they are of. */
  nameless: unknown[];
}

/**
 * One request for all calls of a page: one a call would use up the day's share.
 *
 * @throws GongError also when a cursor is refused twice: what is on later pages would be missing
 */
export const readTranscripts: typeof transcriptsOf = (...asked) =>
  transcriptsOf(...asked).catch((error: unknown) => {
    if (expired(error)) return transcriptsOf(...asked);
    throw error;
  });

async function transcriptsOf(api: Api, callIds: string[], signal: AbortSignal): Promise<Transcripts> {
  const path = "/v2/calls/transcript";
  const byCall = new Map<string, unknown>();
  const nameless: unknown[] = [];
  if (callIds.length === 0) return { byCall, nameless };
  let cursor: string | undefined;
  do {
    const body = { filter: { callIds }, ...(cursor && { cursor }) };
    const { records, next } = pageOf(await api({ path, body, signal }), "callTranscripts", path);
    for (const record of records) {
      const id = (record as { callId?: unknown } | null)?.callId;
      if (typeof id === "string") byCall.set(id, record);
      else nameless.push(record);
    }
    cursor = next;
  } while (cursor !== undefined);
  return { byCall, nameless };
}
