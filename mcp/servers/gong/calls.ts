import { z } from "zod";
import { cut, outsideOf } from "../kit/cut.ts";
import { cursorFor, cursorState, ToolError } from "../kit/tool.ts";
import type { GongApi } from "./api.ts";
import { dayMs } from "./dailyLimit.ts";
import { pageOfCalls, pageOfExtensive, type WireCall, type WireExtensive, type WireParty } from "./wire.ts";

/** Where an answer begins: a page of Gong's, and how many of its records were looked at before. */
export const place = z.strictObject({
  at: z.string().optional(),
  skip: z.number().int().min(0).default(0),
});
export type Place = z.input<typeof place>;

/** Filter of a list. Gong wants the same one with every page, so cursors carry it. */
const window = z.strictObject({ from: z.string(), to: z.string(), ...place.shape });
export type Window = z.infer<typeof window>;

/** The window of a first page: by default the last seven days. */
export function windowOf(from: string | undefined, to: string | undefined, now = Date.now()): Window {
  const end = to === undefined ? now : Date.parse(to);
  const start = from === undefined ? end - 7 * dayMs : Date.parse(from);
  if (start >= end) throw new ToolError("`from` is not before `to`", "Swap them, or leave one out.");
  return { from: new Date(start).toISOString(), to: new Date(end).toISOString(), skip: 0 };
}

const minutes = (seconds: number | undefined) =>
  seconds === undefined ? undefined : Math.round(seconds / 6) / 10;

/** A call with texts of at most so many characters. Pure. */
export const describeWithin = (
  most: number,
  { duration, isPrivate: _, title, purpose, url, ...call }: WireCall,
) => ({
  ...call,
  title: title && cut(title, most),
  purpose: purpose && cut(purpose, most),
  url: url && cut(url, 500),
  minutes: minutes(duration),
});

/** In a list. */
const describeCall = (call: WireCall) => describeWithin(200, call);

/** Who took part in a call, as a tool answers. */
export const describeParty = ({ name, emailAddress, title, affiliation, userId }: WireParty) => ({
  name,
  email: emailAddress,
  title,
  affiliation,
  userId,
});

interface Taken<T> {
  found: T[];
  rest: Place | undefined;
  scanned: number;
}

/**
 * Up to `limit` of the wanted records of one of Gong's pages, where the next answer goes on, and how many were looked at.
 * Gong's pages have a fixed size, so that a smaller answer ends inside one. Pure.
 */
export function taken<T>(
  page: { records: readonly T[]; next: string | undefined },
  { at, skip = 0 }: Place,
  limit: number,
  wanted: (record: T) => boolean,
): Taken<T> {
  const found: T[] = [];
  for (let index = skip; index < page.records.length; index += 1) {
    const record = page.records[index] as T;
    if (!wanted(record)) continue;
    if (found.length === limit)
      return { found, rest: { ...(at !== undefined && { at }), skip: index }, scanned: index - skip };
    found.push(record);
  }
  const rest = page.next === undefined ? undefined : { at: page.next };
  return { found, rest, scanned: Math.max(0, page.records.length - skip) };
}

/** Calls of a window without private ones, with a cursor where there are more. */
export async function listCalls(api: GongApi, given: Window, limit: number, signal: AbortSignal) {
  const { from, to, at } = given;
  const answer = await api(
    { path: "/v2/calls", query: { fromDateTime: from, toDateTime: to, cursor: at }, signal },
    pageOfCalls,
  );
  const records = answer?.calls ?? [];
  const page = { records, next: answer?.records?.cursor };
  const { found, rest } = taken(page, given, limit, ({ isPrivate }) => isPrivate !== true);
  return {
    from,
    to,
    total: answer?.records?.totalRecords ?? records.length,
    items: found.map(describeCall),
    ...(rest && { nextCursor: cursorFor({ from, to, ...rest }) }),
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

interface Wanted {
  text?: string | undefined;
  person?: string | undefined;
  minMinutes?: number | undefined;
}

const has = (text: string | undefined, part: string) =>
  text?.toLowerCase().includes(part.toLowerCase()) === true;

/** Whether a call is looked for. Gong itself cannot search; its pages are looked through. */
function isWanted({ metaData, parties = [], context = [], content }: WireExtensive, wanted: Wanted): boolean {
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

/**
 * Calls that a search finds in some pages of Gong's, with a cursor to go on where pages are left. Fewer than `limit`, or
 * none, does not mean that there are no more.
 */
export async function searchCalls(
  api: GongApi,
  search: z.infer<typeof searchState>,
  limit: number,
  signal: AbortSignal,
) {
  const { from, to, at, skip, ...wanted } = search;
  const items: object[] = [];
  let rest: Place | undefined = { at, skip };
  let scanned = 0;
  for (let page = 0; rest && page < pagesPerSearch && items.length < limit; page += 1) {
    const answer: z.infer<typeof pageOfExtensive> | undefined = await api(
      {
        method: "POST",
        path: "/v2/calls/extensive",
        body: {
          filter: { fromDateTime: from, toDateTime: to },
          contentSelector: details,
          ...(rest.at !== undefined && { cursor: rest.at }),
        },
        signal,
      },
      pageOfExtensive,
    );
    const records = { records: answer?.calls ?? [], next: answer?.records?.cursor };
    const part: Taken<WireExtensive> = taken(records, rest, limit - items.length, (each) =>
      isWanted(each, wanted),
    );
    items.push(...part.found.map(describeFound));
    scanned += part.scanned;
    rest = part.rest;
  }
  return {
    scanned,
    items,
    ...(rest && { nextCursor: cursorFor({ from, to, ...wanted, ...rest }) }),
  };
}

/** Outside participants that a found call shows. */
const mostOutside = 10;

const describeFound = ({ metaData, parties = [] }: WireExtensive) => {
  const outside = parties.filter(({ affiliation }) => affiliation === "External");
  const people = outside.map(({ name, emailAddress }) => cut(emailAddress ?? name ?? "unknown", 100));
  return { ...describeCall(metaData), ...outsideOf(people, mostOutside) };
};

/** The window that a cursor goes on with. @throws when it is no cursor of this tool */
export const readWindow = (cursor: string): Window => cursorState(cursor, window);
