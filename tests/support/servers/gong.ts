import type { ServerResponse } from "node:http";
import { type Asked, json, listening } from "./listening.ts";

interface Meta {
  id: string;
  title: string;
  started: string;
  duration: number;
  primaryUserId: string;
  isPrivate: boolean;
}
export interface GongCall {
  metaData: Meta;
  parties: object[];
  context?: object[];
  content?: object;
  transcript?: object[];
}

/** Gong at its protocol's edge: keys, pages with a cursor that holds for one filter only, 404 for nothing, 429. */
export async function fakeGong(pageSize = 100) {
  const state = {
    accessKey: `key-${Math.random().toString(36).slice(2)}`,
    accessKeySecret: Math.random().toString(36).slice(2),
    calls: [] as GongCall[],
    users: [] as object[],
    /** Requests as they came: method and path. */
    asked: [] as string[],
    /** What the next requests get instead of an answer. */
    instead: [] as ((response: ServerResponse) => void)[],
  };
  const cursors = new Map<string, { filter: string; at: number }>();

  const paged = (
    response: ServerResponse,
    field: string,
    all: unknown[],
    filter: string,
    cursor?: string | null,
  ) => {
    const known = cursor ? cursors.get(cursor) : undefined;
    if (cursor && known?.filter !== filter)
      return json(response, 400, { requestId: "r", errors: ["The cursor does not belong to this filter"] });
    const start = known?.at ?? 0;
    const items = all.slice(start, start + pageSize);
    if (items.length === 0)
      return json(response, 404, {
        requestId: "r",
        errors: [`No ${field} found corresponding to the provided filters`],
      });
    const next = `c${cursors.size}`;
    const more = start + pageSize < all.length;
    if (more) cursors.set(next, { filter, at: start + pageSize });
    return json(response, 200, {
      requestId: "r",
      records: {
        totalRecords: all.length,
        currentPageSize: items.length,
        currentPageNumber: 0,
        ...(more && { cursor: next }),
      },
      [field]: items,
    });
  };

  interface Filter {
    fromDateTime?: string;
    toDateTime?: string;
    callIds?: string[];
  }
  const matching = ({ fromDateTime = "", toDateTime = "9", callIds }: Filter) =>
    state.calls.filter(
      ({ metaData }) =>
        (callIds === undefined || callIds.includes(metaData.id)) &&
        metaData.started >= fromDateTime &&
        metaData.started < toDateTime,
    );

  const answer = ({ method, url, headers, body }: Asked, response: ServerResponse) => {
    state.asked.push(`${method} ${url.pathname}`);
    const instead = state.instead.shift();
    if (instead) return instead(response);
    const expected = Buffer.from(`${state.accessKey}:${state.accessKeySecret}`).toString("base64");
    if (headers.authorization !== `Basic ${expected}`)
      return json(response, 401, { requestId: "r", errors: ["Invalid authorization credentials"] });
    const query = Object.fromEntries(url.searchParams);
    const { filter = {}, cursor = undefined } = body === "" ? {} : JSON.parse(body);
    switch (`${method} ${url.pathname}`) {
      case "GET /v2/calls": {
        const { cursor: at, ...rest } = query;
        return paged(
          response,
          "calls",
          matching(rest).map(({ metaData }) => metaData),
          JSON.stringify(rest),
          at,
        );
      }
      case "POST /v2/calls/extensive":
        return paged(
          response,
          "calls",
          matching(filter).map(({ transcript: _, ...call }) => call),
          JSON.stringify(filter),
          cursor,
        );
      case "POST /v2/calls/transcript":
        return paged(
          response,
          "callTranscripts",
          matching(filter).flatMap(({ metaData, transcript }) =>
            transcript ? [{ callId: metaData.id, transcript }] : [],
          ),
          JSON.stringify(filter),
          cursor,
        );
      case "GET /v2/users":
        return paged(response, "users", state.users, "", query.cursor);
      default:
        return json(response, 404, { requestId: "r", errors: ["Not Found"] });
    }
  };
  return Object.assign(state, { url: await listening(answer) });
}
export type FakeGong = Awaited<ReturnType<typeof fakeGong>>;

/** A call whose id is larger than a number can hold. */
export const gongCall = (n: number, more: Partial<GongCall> & { meta?: Partial<Meta> } = {}): GongCall => {
  const { meta, ...rest } = more;
  return {
    metaData: {
      id: `92233720368547${String(n).padStart(5, "0")}`,
      title: `Call ${n}`,
      started: new Date(Date.parse("2026-11-10T00:00:00Z") + n * 60_000).toISOString(),
      duration: 1830,
      primaryUserId: "11",
      isPrivate: false,
      ...meta,
    },
    parties: [
      {
        speakerId: "s1",
        userId: "11",
        name: "Ann",
        emailAddress: "ann@sophia.example",
        affiliation: "Internal",
      },
      { speakerId: "s2", name: "Bob", emailAddress: "bob@acme.example", affiliation: "External" },
    ],
    ...rest,
  };
};
