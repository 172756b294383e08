import { expect, test } from "vitest";
import { idleClock, probesOf, small } from "./probes.ts";
import { alerts, runOnce, type ServedGong, type Staging, serveGong, stage, statusOf } from "./stage.ts";

let staging: Staging;
let gong: ServedGong;
stage(small, (opened, served) => {
  [staging, gong] = [opened, served];
});

const { callsRun, expectWhole } = probesOf(() => staging);

test("P5 a storm of 429 is waited out as long as Gong says, and nothing is lost", async () => {
  gong.faults.set([{ kind: "status", status: 429, retryAfter: 7, times: 9, after: 3 }]);
  const clock = idleClock();
  const { failure } = await runOnce(staging, gong, { clock, patience: 600 });
  expect(failure).toBeUndefined();
  await expectWhole();
  expect(gong.journal.statuses["429"]).toBe(9);
  expect(clock.slept.filter((ms) => ms === 7000)).toHaveLength(9);
  expect((await callsRun())?.status).toBe("succeeded");
});

test("P5 a 429 that names a date is waited out until then", async () => {
  const retryAfter = new Date(Date.now() + 900_000).toUTCString();
  gong.faults.set([{ kind: "status", status: 429, retryAfter, after: 3 }]);
  const clock = idleClock();
  expect((await runOnce(staging, gong, { clock, patience: 3600 })).failure).toBeUndefined();
  await expectWhole();
  expect(Math.max(...clock.slept)).toBeGreaterThan(600_000);
});

test("P5 where Gong asks for more time than a run has, the next run goes on from there", async () => {
  gong.faults.set([{ kind: "status", status: 429, retryAfter: 3600, times: -1, after: 4 }]);
  expect((await runOnce(staging, gong)).failure).toBeUndefined();
  expect(await callsRun()).toMatchObject({
    status: "degraded",
    message: expect.stringMatching(/3600 s: 429/),
  });
  // The run ended well, and the calls were not read all the same.
  expect(await alerts(staging)).toEqual(["PipelineStreamDegraded", "PipelineStreamLate"]);
  expect(await statusOf(staging, "gong_calls")).toMatchObject({
    state: "degraded",
    message: expect.stringMatching(
      /freshness: the stream is late; its last run: Gong did not complete .* 3600 s: 429/,
    ),
  });
  // Others keep still as well, whatever pod they are in.
  gong.faults.set([]);
  gong.journal.clear();
  await runOnce(staging, gong);
  expect(gong.journal.entries).toHaveLength(0);
  expect(await callsRun()).toMatchObject({
    status: "degraded",
    message: expect.stringMatching(/to wait another 3[0-9]{3} s/),
  });
  await staging.admin.query(
    "UPDATE pipeline_state SET cursor = cursor || '{\"next\": 0}' WHERE stream = 'requests'",
  );
  expect((await runOnce(staging, gong)).failure).toBeUndefined();
  await expectWhole();
  expect(await alerts(staging)).toEqual([]);
});

test("P1 extractors in several pods keep to one pace, and to the day's share", async () => {
  const { Pace } = await import("../../../../data/gong/source/pace.ts");
  const clients = await Promise.all([staging.loader(), staging.loader(), staging.loader()]);
  const clock = { now: Date.now, sleep: async () => undefined };
  const options = { perSecond: 2, perDay: 20, patience: 60, clock };
  const paces = clients.map((client) => new Pace({ client, ...options }));
  const takeSix = async (pace: InstanceType<typeof Pace>) => {
    for (let taken = 0; taken < 6; taken += 1) await pace.turn();
  };
  const ask = async (sql: string) => Number((await staging.admin.query(sql)).rows[0].at);
  const now = () => ask("SELECT extract(epoch FROM clock_timestamp()) AS at");
  const began = await now();
  await Promise.all(paces.map(takeSix));
  const ended = await now();
  // Eighteen turns, half a second apart. Reservations are compared, not elapsed time: a slow machine changes nothing.
  const next = await ask(
    "SELECT (cursor->>'next')::float8 AS at FROM pipeline_state WHERE stream = 'requests'",
  );
  expect(next).toBeGreaterThanOrEqual(began + 9);
  expect(next).toBeLessThanOrEqual(ended + 9);
  const [one] = paces;
  await one?.turn();
  await one?.turn();
  await expect(one?.turn()).rejects.toThrow(/daily limit of 20 requests to Gong is used up/);
  await Promise.all(clients.map((client) => client.end()));
});

test("P1 the emulator's real limits are kept: no request is refused", async () => {
  const strict = await serveGong({
    seed: 5,
    size: 60,
    days: 3,
    utterances: 2,
    limits: { perSecond: 30, perDay: 500 },
  });
  const { failure } = await runOnce(staging, strict, { perSecond: 25 });
  expect(failure).toBeUndefined();
  expect(strict.journal.statuses["429"]).toBeUndefined();
  await strict.close();
  await expectWhole();
});
