import { z } from "zod";
import {
  cursorFor,
  cursorState,
  offsetOf,
  pageOfMore,
  paging,
  type Tool,
  ToolError,
  tool,
} from "../kit/tool.ts";
import type { GongApi } from "./api.ts";
import {
  listCalls,
  oneCall,
  type Place,
  place,
  readWindow,
  searchCalls,
  searchState,
  taken,
  windowOf,
} from "./calls.ts";
import { describeWhole } from "./whole.ts";
import { pageOfTranscripts, pageOfUsers, type WireExtensive, type WireTranscript } from "./wire.ts";

const moment = z.iso.datetime({ offset: true });
const period = {
  from: moment
    .optional()
    .describe("first moment, e.g. 2026-11-01T00:00:00Z; left out: seven days before `to`"),
  to: moment.optional().describe("moment before which calls began; left out: now"),
};
/** Gong's own pages have a hundred records. */
const part = {
  limit: z.number().int().min(1).max(100).default(50).describe("how many items at most"),
  cursor: paging.cursor,
};
const callId = z
  .string()
  .regex(/^\d{1,20}$/, "digits only, as text")
  .describe("a call's id, from list_calls");

/** Tools around Gong's API v2. All are read-only. */
export const gongTools = (api: GongApi): Tool[] => [
  tool({
    name: "list_calls",
    description: "List calls of a period with title, time, length and owner; private ones are left out.",
    input: z.object({ ...period, ...part }),
    run: ({ from, to, limit, cursor }, { signal }) =>
      listCalls(api, cursor ? readWindow(cursor) : windowOf(from, to), limit, signal),
  }),
  tool({
    name: "get_call",
    description:
      "Show one call with participants, summary, key points, topics and the CRM records it was about; `leftOut` counts what is not shown.",
    input: z.object({
      id: callId,
      limit: z
        .number()
        .int()
        .min(1)
        .max(50)
        .default(20)
        .describe("how many participants, and how many CRM records, at most"),
      cursor: paging.cursor,
    }),
    run: async ({ id, ...page }, { signal }) => describeWhole(await oneCall(api, id, signal), page),
  }),
  tool({
    name: "get_transcript",
    description: "Read who said what and when in one call, in pages of utterances.",
    input: z.object({ id: callId, ...paging }),
    run: async ({ id, ...page }, { signal }) => {
      const call = await oneCall(api, id, signal);
      const answer = await api(
        { method: "POST", path: "/v2/calls/transcript", body: { filter: { callIds: [id] } }, signal },
        pageOfTranscripts,
      );
      const found = answer?.callTranscripts.find((each) => each.callId === id);
      if (!found)
        throw new ToolError(
          `Gong has no transcript of the call ${id}`,
          "Transcripts come some minutes after a call, and not for every call: try again later, or read its summary with `get_call`.",
        );
      const start = offsetOf(page.cursor);
      return {
        title: call.metaData.title,
        ...pageOfMore(utterances(found, call).slice(start, start + page.limit + 1), page),
      };
    },
  }),
  tool({
    name: "search_calls",
    description:
      "Find calls of a period by words in title, summary, topics or CRM fields, by participant or length; `outsideLeftOut` counts outside participants that only `get_call` shows. The cursor goes on looking.",
    input: z.object({
      ...period,
      text: z.string().min(2).max(200).optional(),
      person: z
        .string()
        .min(2)
        .max(200)
        .optional()
        .describe("part of a participant's name or e-mail address"),
      minMinutes: z.number().positive().optional(),
      ...part,
    }),
    timeout: 120,
    run: ({ from, to, limit, cursor, ...wanted }, { signal }) =>
      searchCalls(
        api,
        cursor ? cursorState(cursor, searchState) : { ...windowOf(from, to), ...given(wanted) },
        limit,
        signal,
      ),
  }),
  tool({
    name: "list_users",
    description: "List Gong's users with id, name, e-mail address, title and manager.",
    input: z.object({
      active: z.boolean().optional().describe("only active, or only former ones"),
      ...part,
    }),
    run: async ({ active, limit, cursor }, { signal }) => {
      const begin: Place = cursor === undefined ? {} : cursorState(cursor, place);
      const answer = await api({ path: "/v2/users", query: { cursor: begin.at }, signal }, pageOfUsers);
      const page = { records: answer?.users ?? [], next: answer?.records?.cursor };
      const { found, rest } = taken(
        page,
        begin,
        limit,
        (user) => active === undefined || user.active === active,
      );
      return { items: found, ...(rest && { nextCursor: cursorFor(rest) }) };
    },
  }),
];

const given = <T extends object>(values: T): Partial<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;

/** What one said until another spoke, with the speaker's name. */
function utterances({ transcript = [] }: WireTranscript, { parties = [] }: WireExtensive) {
  const names = new Map(
    parties.map(({ speakerId, name, emailAddress }) => [speakerId, name ?? emailAddress]),
  );
  return transcript.map(({ speakerId, topic, sentences }) => ({
    speaker: names.get(speakerId) ?? "unknown",
    at: clockTime(sentences[0]?.start ?? 0),
    ...(topic !== undefined && { topic }),
    text: sentences.map(({ text }) => text).join(" "),
  }));
}

function clockTime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
