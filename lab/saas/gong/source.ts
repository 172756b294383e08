import type { GongCall, GongUser } from "./content.ts";

export interface Filter {
  fromDateTime?: string | undefined;
  toDateTime?: string | undefined;
  callIds?: string[] | undefined;
}

/** One page: what is in it, how many there are in all, and where the next one begins. */
export interface Page<T> {
  items: T[];
  total: number;
  next: number | undefined;
}

/** Where the API's answers come from. */
export interface Source {
  calls(filter: Filter, from: number, count: number): Page<GongCall>;
  /** Of the calls that were transcribed, with the call's id. */
  transcripts(filter: Filter, from: number, count: number): Page<object>;
  users(from: number, count: number): Page<GongUser>;
}

/** The transcripts in a page of calls; not every call has one. */
export const transcriptsOf = ({ items, ...page }: Page<GongCall>): Page<object> => ({
  ...page,
  items: items.flatMap(({ metaData, transcript }) =>
    transcript ? [{ callId: metaData.id, transcript }] : [],
  ),
});

/** Explicitly listed records, in their order. */
export function listed(lists: () => { calls: GongCall[]; users: GongUser[] }): Source {
  const page = <T>(all: T[], from: number, count: number): Page<T> => ({
    items: all.slice(from, from + count),
    total: all.length,
    next: from + count < all.length ? from + count : undefined,
  });
  const calls: Source["calls"] = ({ fromDateTime = "", toDateTime = "9", callIds }, from, count) => {
    const ids = callIds && new Set(callIds);
    const found = lists().calls.filter(
      ({ metaData: { id, started } }) =>
        (ids === undefined || ids.has(id)) && started >= fromDateTime && started < toDateTime,
    );
    return page(found, from, count);
  };
  return {
    calls,
    transcripts: (...asked) => transcriptsOf(calls(...asked)),
    users: (from, count) => page(lists().users, from, count),
  };
}
