import { z } from "zod";
import { cursorFor, cursorState, ToolError } from "../kit/tool.ts";
import type { GongApi } from "./api.ts";
import { pageOfCalls, pageOfExtensive, type WireCall, type WireExtensive, type WireParty } from "./wire.ts";

/** Filter of a list. Gong wants the same one with every page, so cursors carry it. */
export const window = z.strictObject({ from: z.string(), to: z.string(), at: z.string().optional() });
export type Window = z.infer<typeof window>;

const dayMs = 86_400_000;

/** The window of a first page: by default the last seven days. */
export function windowOf(from: string | undefined, to: string | undefined, now = Date.now()): Window {
  const end = to === undefined ? now : Date.parse(to);
  const start = from === undefined ? end - 7 * dayMs : Date.parse(from);
  if (start >= end) throw new ToolError("`from` is not before `to`", "Swap them, or leave one out.");
  return { from: new Date(start).toISOString(), to: new Date(end).toISOString() };
}

const minutes = (seconds: number | undefined) =>
  seconds === undefined ? undefined : Math.round(seconds / 6) / 10;

export const describeCall = ({ duration, isPrivate: _, ...call }: WireCall) => ({
  ...call,
  minutes: minutes(duration),
});

const describeParty = ({ name, emailAddress, title, affiliation, userId }: WireParty) => ({
  name,
  email: emailAddress,
  title,
  affiliation,
  userId,
});

export async function listCalls(api: GongApi, given: Window, signal: AbortSignal) {
  const { from, to, at } = given;
  const answer = await api(
    { path: "/v2/calls", query: { fromDateTime: from, toDateTime: to, cursor: at }, signal },
    pageOfCalls,
  );
  const calls = answer?.calls ?? [];
  const next = answer?.records?.cursor;
  return {
    from,
    to,
    total: answer?.records?.totalRecords ?? calls.length,
    items: calls.filter(({ isPrivate }) => isPrivate !== true).map(describeCall),
    ...(next !== undefined && { nextCursor: cursorFor({ from, to, at: next }) }),
  };
}

const details = {
  context: "Extended",
  exposedFields: { parties: true, content: { topics: true, trackers: true, brief: true, keyPoints: true } },
};

/** One call with all that Gong made of it. @throws ToolError when it is private, or not there */
export async function oneCall(api: GongApi, id: string, signal: AbortSignal): Promise<WireExtensive> {
  const answer = await api(
    {
      method: "POST",
      path: "/v2/calls/extensive",
      body: { filter: { callIds: [id] }, contentSelector: details },
      signal,
    },
    pageOfExtensive,
  );
  const call = answer?.calls.find(({ metaData }) => metaData.id === id);
  if (!call) throw new ToolError(`Gong has no call ${id}`, "`list_calls` and `search_calls` show ids.");
  if (call.metaData.isPrivate === true)
    throw new ToolError(`The call ${id} is private`, "Who may read it can do so in Gong.");
  return call;
}

export function describeWhole({ metaData, parties = [], context = [], content }: WireExtensive) {
  return {
    ...describeCall(metaData),
    parties: parties.slice(0, 50).map(describeParty),
    crm: context.flatMap(({ system, objects = [] }) =>
      objects.slice(0, 20).map(({ objectType, objectId, fields = [] }) => ({
        system,
        objectType,
        objectId,
        fields: Object.fromEntries(fields.slice(0, 30).map(({ name, value }) => [name, value])),
      })),
    ),
    brief: content?.brief,
    keyPoints: content?.keyPoints?.map(({ text }) => text),
    topics: content?.topics?.filter(({ duration }) => duration !== 0).map(({ name }) => name),
    trackers: content?.trackers
      ?.filter(({ count }) => count !== 0)
      .map(({ name, count }) => ({ name, count })),
  };
}

export interface Wanted {
  text?: string | undefined;
  person?: string | undefined;
  minMinutes?: number | undefined;
}

const has = (text: string | undefined, part: string) =>
  text?.toLowerCase().includes(part.toLowerCase()) === true;

/** Whether a call is looked for. Gong itself cannot search; its pages are looked through. */
export function isWanted(
  { metaData, parties = [], context = [], content }: WireExtensive,
  wanted: Wanted,
): boolean {
  const { text, person, minMinutes } = wanted;
  const texts = [
    metaData.title,
    metaData.purpose,
    content?.brief,
    ...(content?.keyPoints ?? []).map((point) => point.text),
    ...(content?.topics ?? []).filter(({ duration }) => duration !== 0).map(({ name }) => name),
    ...(content?.trackers ?? []).filter(({ count }) => count !== 0).map(({ name }) => name),
    ...context.flatMap(({ objects = [] }) =>
      objects.flatMap(({ fields = [] }) =>
        fields.map(({ value }) => (typeof value === "string" ? value : undefined)),
      ),
    ),
  ];
  return (
    metaData.isPrivate !== true &&
    (minMinutes === undefined || (metaData.duration ?? 0) >= minMinutes * 60) &&
    (text === undefined || texts.some((each) => has(each, text))) &&
    (person === undefined ||
      parties.some(({ name, emailAddress }) => has(name, person) || has(emailAddress, person)))
  );
}

/** Pages of a hundred calls that one search looks through at most. */
const pagesPerSearch = 5;

export const searchState = z.strictObject({
  ...window.shape,
  text: z.string().optional(),
  person: z.string().optional(),
  minMinutes: z.number().optional(),
});

export async function searchCalls(api: GongApi, search: z.infer<typeof searchState>, signal: AbortSignal) {
  const { from, to, at, ...wanted } = search;
  const items: object[] = [];
  let [cursor, scanned]: [string | undefined, number] = [at, 0];
  for (let page = 0; page < pagesPerSearch; page += 1) {
    const answer = await api(
      {
        method: "POST",
        path: "/v2/calls/extensive",
        body: {
          filter: { fromDateTime: from, toDateTime: to },
          contentSelector: details,
          ...(cursor !== undefined && { cursor }),
        },
        signal,
      },
      pageOfExtensive,
    );
    const calls = answer?.calls ?? [];
    scanned += calls.length;
    for (const call of calls.filter((each) => isWanted(each, wanted)))
      items.push({
        ...describeCall(call.metaData),
        outside: (call.parties ?? [])
          .filter(({ affiliation }) => affiliation === "External")
          .slice(0, 10)
          .map(({ name, emailAddress }) => emailAddress ?? name),
      });
    cursor = answer?.records?.cursor;
    if (cursor === undefined || items.length >= 50) break;
  }
  return {
    scanned,
    items,
    ...(cursor !== undefined && { nextCursor: cursorFor({ ...search, at: cursor }) }),
  };
}

export const readWindow = (cursor: string): Window => cursorState(cursor, window);
