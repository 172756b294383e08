import { expect, test } from "vitest";
import { z } from "zod";
import { gongApi } from "../../../../../mcp/servers/gong/api.ts";
import { Pace } from "../../../../../mcp/servers/kit/pace.ts";
import { fakeGong } from "../../../../support/servers/gong.ts";
import { idleClock } from "./serving.ts";

test("P1 of calls that come together those whose turn comes in time succeed, and the others are refused without a request", async () => {
  const gong = await fakeGong();
  const api = gongApi({
    url: gong.url,
    accessKey: () => gong.accessKey,
    accessKeySecret: () => gong.accessKeySecret,
    // One request in 2 s, and 30 s for each call.
    requestsPerSecond: 0.5,
    requestsPerDay: 17,
    patience: 30,
    clock: idleClock(),
  });
  const users = () => api({ path: "/v2/users" }, z.unknown());
  const outcomes = await Promise.allSettled(Array.from({ length: 40 }, users));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(16);
  const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  expect(new Set(refused.map(String))).toEqual(
    new Set([expect.stringMatching(/wait already take 32 s\. Make fewer calls at once/)]),
  );
  expect(gong.asked).toHaveLength(16);
  // What was refused has taken nothing of the day's 17.
  await users();
  await expect(users()).rejects.toThrow(/its 17 requests of today/);
});

test("P1 a caller that goes away leaves its turn to the next", async () => {
  let now = 0;
  const sleep = async (ms: number) => {
    now += ms;
  };
  const pace = new Pace(1, { now: () => now, sleep });
  const gone = new AbortController();
  const times = [pace.turn(), pace.turn(gone.signal), pace.turn()].map((turn) =>
    turn.then(
      () => now,
      () => "gone",
    ),
  );
  gone.abort();
  expect(await Promise.all(times)).toEqual([0, "gone", 1000]);
  expect(pace.ahead()).toBe(1);
});
