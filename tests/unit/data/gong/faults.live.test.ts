import { expect, test } from "vitest";
import { probesOf, small } from "./probes.ts";
import {
  alerts,
  contents,
  history,
  runOnce,
  type ServedGong,
  type Staging,
  serveGong,
  stage,
  statusOf,
  watching,
} from "./stage.ts";

let staging: Staging;
let gong: ServedGong;
stage(small, (opened, served) => {
  [staging, gong] = [opened, served];
});

const { backendsGone, count, callsRun, expectWhole } = probesOf(() => staging);
/** Time that passes only while somebody sleeps. */
function idleClock() {
  const slept: number[] = [];
  let ahead = 0;
  return {
    slept,
    now: () => Date.now() + ahead,
    sleep: async (ms: number) => {
      slept.push(ms);
      ahead += ms;
    },
  };
}

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
});

test("P5 the source is down: the run fails by name, and the next one makes up for it", async () => {
  gong.faults.set([{ kind: "status", status: 503, times: -1, after: 4 }]);
  await runOnce(staging, gong, { clock: idleClock(), patience: 60 });
  expect(await callsRun()).toMatchObject({
    status: "degraded",
    message: expect.stringMatching(/did not complete .*503/),
  });
  expect(await alerts(staging)).toEqual(["PipelineStreamDegraded", "PipelineStreamLate"]);
  expect((await statusOf(staging, "gong_calls")).message).toMatch(
    /its last run: Gong did not complete .*503/,
  );
  gong.faults.set([{ kind: "drop", times: 2 }]);
  expect((await runOnce(staging, gong, { clock: idleClock(), patience: 60 })).failure).toBeUndefined();
  await expectWhole();
  expect((await statusOf(staging, "gong_calls")).state).toBe("ok");
  expect(await alerts(staging)).toEqual([]);
});

test("P5 a source that stays down is told of in time: first as degraded, then as late", async () => {
  await runOnce(staging, gong);
  gong.faults.set([{ kind: "status", status: 503, times: -1 }]);
  const at = watching(staging);
  const down = async (minute: number) => {
    await runOnce(staging, gong, { clock: idleClock(), patience: 60 });
    return at(minute * 60);
  };
  for (const minute of [0, 2, 4]) expect(await down(minute), `after ${minute} minutes`).toEqual([]);
  expect(await down(6)).toEqual(["PipelineStreamDegraded"]);
  expect(await at(16 * 60)).toEqual(["PipelineStreamDegraded"]);
  expect(await at(18 * 60)).toEqual(["PipelineStreamDegraded", "PipelineStreamLate"]);
  gong.faults.set([]);
  await runOnce(staging, gong);
  await staging.admin.query(
    `UPDATE pipeline_state SET cursor = cursor || jsonb_build_object('through', now() + interval '18 minutes')
      WHERE stream = 'gong_calls'`,
  );
  expect(await at(18 * 60 + 60)).toEqual([]);
});

test("P5 an expired key fails the run and says what to do; a rotated one works at once", async () => {
  await runOnce(staging, gong);
  const right = gong.keys.accessKeySecret;
  gong.keys.accessKeySecret = "another";
  const wrong = { ...gong, keys: { ...gong.keys, accessKeySecret: right } };
  gong.workspace.change({ add: 1 });
  const { failure, logged } = await runOnce(staging, wrong);
  expect(failure?.message).toMatch(/^Gong refused .* \(401\).*create a new access key in Gong/);
  expect(logged.join()).not.toContain(right);
  expect(await callsRun()).toMatchObject({ status: "failed", message: expect.stringContaining("401") });
  expect((await statusOf(staging, "gong_users")).state).toBe("failed");
  expect(await alerts(staging)).toEqual(["PipelineStreamFailed"]);
  expect((await runOnce(staging, gong)).failure).toBeUndefined();
  expect(await count("gong_calls_staging")).toBe(61);
  expect((await statusOf(staging, "gong_calls")).state).toBe("ok");
  expect(await alerts(staging)).toEqual([]);
});

test("P5 poison records are kept aside with the reason, once, and the others are loaded", async () => {
  const [nul, half, huge, odd] = [3, 4, 5, 6].map(
    (n) => gong.workspace.calls({}, n, 1).items[0]?.metaData.id ?? "",
  );
  const on = "calls" as const;
  await gong.command("schema", [
    { on, path: "metaData.title", value: "a\u0000b", ids: [nul] },
    { on, path: "metaData.purpose", value: "\ud83d", ids: [half] },
    { on, path: "metaData.duration", value: 3e9, ids: [huge] },
    { on, path: "parties", value: "nobody", ids: [odd] },
  ]);
  expect((await runOnce(staging, gong)).failure).toBeUndefined();
  expect(await count("gong_calls_staging")).toBe(56);
  const { errors } = await contents(staging);
  const reasons = Object.fromEntries(errors.map(({ key, reason }) => [key, reason]));
  expect(reasons).toEqual({
    [`${nul}`]: expect.stringMatching(/cannot store/),
    [`${half}`]: expect.stringMatching(/cannot store/),
    [`${huge}`]: "PostgreSQL refuses it (22003)",
    [`${odd}`]: "does not match Gong's documentation",
  });
  expect(errors.find(({ key }) => key === huge)).toMatchObject({
    issues: [{ path: "duration_s", message: "22003" }],
    raw: { metaData: { duration: 3e9 } },
  });
  expect(await callsRun()).toMatchObject({ status: "degraded", rejected: 4 });
  expect(await alerts(staging)).toEqual(["PipelineStreamDegraded", "PipelineRecordsRejected"]);
  expect(await statusOf(staging, "gong_calls")).toMatchObject({
    state: "degraded",
    message: expect.stringContaining("its last run: 4 records were rejected, see error_logs"),
  });
  await runOnce(staging, gong);
  expect((await contents(staging)).errors).toEqual(errors);

  await gong.command("schema", []);
  await runOnce(staging, gong);
  await expectWhole();
  expect((await statusOf(staging, "gong_calls")).state).toBe("ok");
});

test("P5 a cursor that expired begins its window anew, without duplicates", async () => {
  gong.faults.set([{ kind: "cursor" }]);
  expect((await runOnce(staging, gong)).failure).toBeUndefined();
  expect(gong.journal.statuses["400"]).toBe(1);
  await expectWhole();
});

test("P5 a database that goes away in the middle fails the run, and the next one completes it", async () => {
  const connected = staging.loader;
  let connections = 0;
  const connect = async () => {
    const client = await connected();
    connections += 1;
    if (connections === 1) {
      const { query } = client;
      client.query = ((...given: Parameters<typeof query>) => {
        if (!String(given[0]).startsWith("SELECT call_id AS key")) return query.apply(client, given);
        // In the transaction of the calls, as PostgreSQL does when it is told to end.
        return staging.admin
          .query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'gong_loader'")
          .then(() => query.apply(client, given));
      }) as typeof query;
    }
    return client;
  };
  expect((await runOnce(staging, gong, { connect })).failure).toBeDefined();
  await backendsGone();
  expect((await runOnce(staging, gong)).failure).toBeUndefined();
  await expectWhole();
  expect(await alerts(staging)).toEqual([]);
  expect((await history(staging)).filter(({ status }) => status === "running")).toEqual([]);
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
