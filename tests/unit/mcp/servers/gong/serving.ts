import { systemClock } from "../../../../../components/core/wait.ts";
import { gongApi } from "../../../../../mcp/servers/gong/api.ts";
import { gongTools } from "../../../../../mcp/servers/gong/tools.ts";
import { fakeGong } from "../../../../support/servers/gong.ts";
import { calling } from "../../../../support/servers/mcp/calling.ts";

/** Time that passes only while somebody sleeps. */
export function idleClock() {
  const slept: number[] = [];
  let now = systemClock.now();
  return {
    slept,
    now: () => now,
    sleep: async (ms: number) => {
      slept.push(Math.round(ms));
      now += ms;
    },
  };
}

export async function serving(pageSize?: number, patience = 30, requestsPerDay = 10_000) {
  const gong = await fakeGong(pageSize);
  const clock = idleClock();
  const api = gongApi({
    url: gong.url,
    accessKey: () => gong.accessKey,
    accessKeySecret: () => gong.accessKeySecret,
    requestsPerSecond: 1000,
    requestsPerDay,
    patience,
    clock,
  });
  return { gong, clock, ...(await calling(gongTools(api))) };
}

export const november = { from: "2026-11-01T00:00:00Z", to: "2026-12-01T00:00:00Z" };
export interface Item {
  id: string;
}
