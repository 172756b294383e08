import { z } from "zod";
import { watchedFields } from "./source/drift.ts";

/** A span of calls' beginnings that is being read, page by page. */
const window = z.object({
  from: z.iso.datetime(),
  /** Calls that began at this very moment are not in it. */
  to: z.iso.datetime(),
  /** Gong's cursor of the next page. */
  page: z.string().optional(),
  /** Ids that its earlier pages had. */
  seen: z.array(z.string()),
  /** A record without an id was among them: what is missing may be just that one. */
  blind: z.boolean(),
});
export type Window = z.infer<typeof window>;

/** How far the calls were read. It is committed with the rows. */
export const callsCursor = z.object({
  /** All calls that began before this moment were read at least once. */
  through: z.iso.datetime(),
  /** Seconds that the next window is long. */
  span: z.number().positive(),
  /** When a pass that looked back over all of `lookbackDays` last began. */
  lookedBack: z.iso.datetime().optional(),
  /** Where the pass stands that is under way. */
  at: z.iso.datetime().optional(),
  window: window.optional(),
  fields: watchedFields,
});
export type CallsCursor = z.infer<typeof callsCursor>;

export interface Plan {
  /** The first moment that is of interest. */
  start: Date;
  /** Seconds: what began later is left to the next run, as Gong's lists lag behind. */
  lag: number;
  /** Seconds that every pass reads again: a call is listed only when it was recorded and processed. */
  overlap: number;
  /** Days that are read again now and then, as Gong's analysis comes later, and calls are deleted. */
  lookbackDays: number;
  /** Seconds from one such pass to the next. */
  lookbackEvery: number;
}

/** A window of about so many calls: what was seen of it fits into the cursor, and memory does not grow with the account. */
const aim = 1000;
const longest = 365 * 86_400;
/** Milliseconds. */
export const day = 86_400_000;
const iso = (ms: number) => new Date(ms).toISOString();

/** Before the first run. */
export const beginning = ({ start }: Plan): CallsCursor => ({
  through: start.toISOString(),
  span: 30 * 86_400,
  fields: { known: [], extra: [], shares: {} },
});

/** Begins a pass, unless one is under way. Pure. */
export function startPass(cursor: CallsCursor, plan: Plan, now: number): CallsCursor {
  if (cursor.at !== undefined) return cursor;
  const due =
    cursor.lookedBack === undefined || Date.parse(cursor.lookedBack) + plan.lookbackEvery * 1000 <= now;
  const reach = Math.max(plan.overlap * 1000, due ? plan.lookbackDays * day : 0);
  const at = Math.max(plan.start.getTime(), Date.parse(cursor.through) - reach);
  return { ...cursor, at: iso(at), ...(due && { lookedBack: iso(now) }) };
}

/** The window to read from next; undefined at the end of the pass. Pure. */
export function nextWindow(cursor: CallsCursor, plan: Plan, now: number): Window | undefined {
  if (cursor.window) return cursor.window;
  // Texts of moments have whole milliseconds: a fraction would never be reached.
  const horizon = Math.floor(now - plan.lag * 1000);
  const from = Date.parse(cursor.at ?? cursor.through);
  if (from >= horizon) return undefined;
  const to = Math.min(horizon, from + Math.ceil(cursor.span * 1000));
  return { from: iso(from), to: iso(to), seen: [], blind: false };
}

/** What came of one page. */
export interface Paged {
  window: Window;
  ids: string[];
  /** Records whose id could not be read. */
  nameless: number;
  total: number;
  next: string | undefined;
}

/** Whether the window holds so much that it is to be cut before it is read. Pure. */
export const isTooLarge = ({ window: { from, to, page }, total }: Paged): boolean =>
  page === undefined && total > 2 * aim && Date.parse(to) - Date.parse(from) > 1000;

/** Seconds for windows of the size that is aimed at; it grows slowly, and shrinks at once. */
function spanFor({ from, to }: Window, total: number): number {
  const seconds = (Date.parse(to) - Date.parse(from)) / 1000;
  const ideal = total === 0 ? Number.POSITIVE_INFINITY : (seconds * aim) / total;
  return Math.min(longest, Math.max(1, Math.min(ideal, seconds * 4)));
}

/** The cursor when the page was loaded; `finished` is the window that it was the last of. Pure. */
export function advance(cursor: CallsCursor, paged: Paged): { cursor: CallsCursor; finished?: Window } {
  const { window: current, total, next } = paged;
  if (isTooLarge(paged)) {
    const { window: _, ...rest } = cursor;
    return { cursor: { ...rest, span: spanFor(current, total) } };
  }
  const reading: Window = {
    ...current,
    seen: [...current.seen, ...paged.ids],
    blind: current.blind || paged.nameless > 0,
  };
  if (next !== undefined) return { cursor: { ...cursor, window: { ...reading, page: next } } };
  const { window: _, ...rest } = cursor;
  const through = iso(Math.max(Date.parse(cursor.through), Date.parse(current.to)));
  // The last window of a pass ends where the time does; it says little about how long others may be.
  const span = Math.max(rest.span / 4, spanFor(current, reading.seen.length));
  return { cursor: { ...rest, through, at: current.to, span }, finished: reading };
}

/** The cursor at the end of a pass. Pure. */
export function endPass({ at: _, ...cursor }: CallsCursor): CallsCursor {
  return cursor;
}
