import type { ServerResponse } from "node:http";
import { gongApi } from "../../../lab/saas/gong/api.ts";
import type { GongCall, GongUser } from "../../../lab/saas/gong/content.ts";
import { listed } from "../../../lab/saas/gong/source.ts";
import { listening } from "./listening.ts";

/** The lab's Gong, with the calls and users that a test lists. */
export async function fakeGong(pageSize = 100) {
  const state = {
    accessKey: `key-${Math.random().toString(36).slice(2)}`,
    accessKeySecret: Math.random().toString(36).slice(2),
    calls: [] as GongCall[],
    users: [] as GongUser[],
    /** Requests as they came: method and path. */
    asked: [] as string[],
    /** What the next requests get instead of an answer. */
    instead: [] as ((response: ServerResponse) => void)[],
  };
  const api = gongApi({ source: listed(() => state), credentials: () => state, pageSize });
  const url = await listening((asked, response) => {
    state.asked.push(`${asked.method} ${asked.url.pathname}`);
    const instead = state.instead.shift();
    if (instead) instead(response);
    else api(asked, response);
  });
  return Object.assign(state, { url });
}

/** A call whose id is larger than a number can hold. */
export const gongCall = (n: number, more: Partial<GongCall> & { meta?: object } = {}): GongCall => {
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
