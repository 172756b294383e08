import { expect, test } from "vitest";
import { idleClock, probesOf, small } from "./probes.ts";
import {
  alerts,
  contents,
  history,
  runOnce,
  type ServedGong,
  type Staging,
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

test("P5 a Gong that accepts requests and says nothing is a fault like any other", async () => {
  gong.faults.set([{ kind: "hang", times: 2, after: 3 }]);
  const { failure, logged } = await runOnce(staging, gong, {
    answerWithin: 1,
    clock: idleClock(),
    patience: 60,
  });
  expect(failure).toBeUndefined();
  expect(logged.join()).toContain("no answer within 1 s");
  await expectWhole();
  gong.faults.set([{ kind: "hang", times: -1 }]);
  expect(
    (await runOnce(staging, gong, { answerWithin: 0.1, clock: idleClock(), patience: 30 })).failure,
  ).toBeUndefined();
  expect(await callsRun()).toMatchObject({
    status: "degraded",
    message: expect.stringMatching(/did not complete .*no answer within 0\.1 s/),
  });
});

test("P5 the source is down: the run fails by name, and the next one makes up for it", async () => {
  gong.faults.set([{ kind: "status", status: 503, times: -1, after: 4 }]);
  await runOnce(staging, gong, { clock: idleClock(), patience: 60 });
  expect(await callsRun()).toMatchObject({
    status: "degraded",
    message: expect.stringMatching(/did not complete .*503/),
  });
  expect((await statusOf(staging, "gong_calls")).last_success_at).toBeNull();
  expect(await alerts(staging)).toEqual(["PipelineStreamDegraded", "PipelineStreamLate"]);
  expect((await statusOf(staging, "gong_calls")).message).toMatch(
    /its last run: Gong did not complete .*503/,
  );
  gong.faults.set([{ kind: "drop", times: 2 }]);
  expect((await runOnce(staging, gong, { clock: idleClock(), patience: 60 })).failure).toBeUndefined();
  await expectWhole();
  const well = await statusOf(staging, "gong_calls");
  expect([well.state, well.last_success_at]).toEqual(["ok", expect.any(Date)]);
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

const nothingFound = ["/v2/calls/extensive", "/v2/users"].map((path) => ({
  kind: "empty" as const,
  path,
  times: -1,
}));

test("P5 an answer that nothing was found deletes no calls and no users where staging has many, and the run says so", async () => {
  gong.workspace.change({ addUsers: 10 });
  await runOnce(staging, gong);
  gong.faults.set(nothingFound);
  expect((await runOnce(staging, gong)).failure).toBeUndefined();
  expect(await count("gong_calls_staging WHERE _deleted_at IS NULL")).toBe(small.size);
  expect(await count("gong_users_staging WHERE _deleted_at IS NULL")).toBe(15);
  const said = (what: string) => ({
    status: "degraded",
    message: expect.stringMatching(
      new RegExp(`Gong listed no ${what}, where staging has \\d+: none was marked as deleted`),
    ),
  });
  expect(await callsRun()).toMatchObject(said("calls from \\S+ to \\S+"));
  expect((await history(staging)).filter(({ stream }) => stream === "gong_users").at(-1)).toMatchObject(
    said("users"),
  );
  expect(await alerts(staging)).toContain("PipelineStreamDegraded");
  gong.faults.set([]);
  await runOnce(staging, gong);
  expect((await callsRun())?.status).toBe("succeeded");
  expect(await alerts(staging)).toEqual([]);
});

test("P5 a few calls may all be gone: they are marked", async () => {
  gong.workspace.seed({ seed: 7, size: 9 });
  await runOnce(staging, gong);
  expect(await count("gong_calls_staging WHERE _deleted_at IS NULL")).toBe(9);
  gong.faults.set(nothingFound);
  await runOnce(staging, gong);
  expect(await count("gong_calls_staging WHERE _deleted_at IS NOT NULL")).toBe(9);
  expect((await callsRun())?.status).toBe("succeeded");
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
  expect(await alerts(staging)).toEqual(["PipelineRunKilled"]);
  expect((await history(staging)).filter(({ status }) => status === "running")).toEqual([]);
});
