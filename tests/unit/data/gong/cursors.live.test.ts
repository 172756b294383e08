import { expect, test } from "vitest";
import { probesOf, small } from "./probes.ts";
import { alerts, history, runOnce, type ServedGong, type Staging, stage } from "./stage.ts";

let staging: Staging;
let gong: ServedGong;
stage(small, (opened, served) => {
  [staging, gong] = [opened, served];
});

const { count, callsRun, expectWhole } = probesOf(() => staging);

test("P5 a cursor that expired begins its window anew, without duplicates", async () => {
  gong.faults.set([{ kind: "cursor" }]);
  expect((await runOnce(staging, gong)).failure).toBeUndefined();
  expect(gong.journal.statuses["400"]).toBe(1);
  await expectWhole();
});

test("P5 nothing found where a cursor leads is no end of the list: the window is read again", async () => {
  await runOnce(staging, gong);
  gong.workspace.change({ add: 30 });
  gong.faults.set([{ kind: "empty", path: "/v2/calls/extensive", paged: true, after: 1 }]);
  expect((await runOnce(staging, gong)).failure).toBeUndefined();
  expect(await count("gong_calls_staging WHERE _deleted_at IS NULL")).toBe(small.size + 30);
  expect(await callsRun()).toMatchObject({ status: "succeeded" });
});

test("P5 where every cursor leads to nothing the run fails, keeps its place, and marks nothing as deleted", async () => {
  gong.workspace.change({ addUsers: 20 });
  await runOnce(staging, gong);
  gong.workspace.change({ add: 30 });
  for (const path of ["/v2/calls/extensive", "/v2/users"]) {
    gong.faults.add({ kind: "empty", path, paged: true, times: -1 });
  }
  const through = async () =>
    (
      await staging.admin.query(
        "SELECT cursor ->> 'through' AS t FROM pipeline_state WHERE stream = 'gong_calls'",
      )
    ).rows[0]?.t;
  const before = await through();
  const { failure } = await runOnce(staging, gong);
  expect(failure?.message).toMatch(/Gong refused the cursor that it gave for \/v2\/users \(404\)/);
  const runs = (await history(staging)).slice(-3);
  expect(runs.map(({ stream, status }) => `${stream} ${status}`).sort()).toEqual([
    "gong_calls failed",
    "gong_crm_entities failed",
    "gong_users failed",
  ]);
  expect(await callsRun()).toMatchObject({ message: expect.stringContaining("its own cursor twice") });
  expect(await through()).toBe(before);
  expect(await count("gong_calls_staging WHERE _deleted_at IS NOT NULL")).toBe(0);
  expect(await count("gong_users_staging WHERE _deleted_at IS NOT NULL")).toBe(0);
  gong.faults.set([]);
  expect((await runOnce(staging, gong)).failure).toBeUndefined();
  expect(await count("gong_calls_staging WHERE _deleted_at IS NULL")).toBe(small.size + 30);
});

test("P5 a cursor that is always refused ends the run as failed, and does not use up the day's requests", async () => {
  gong.faults.set([{ kind: "cursor", times: -1 }]);
  const { failure } = await runOnce(staging, gong, { perDay: 60 });
  expect(failure?.message).toMatch(/refused its own cursor twice while calls from \S+ to \S+ were read/);
  expect(gong.journal.statuses["400"]).toBe(2);
  expect(await callsRun()).toMatchObject({ status: "failed" });
  expect(await alerts(staging)).toContain("PipelineStreamFailed");
  gong.faults.set([]);
  expect((await runOnce(staging, gong)).failure).toBeUndefined();
  await expectWhole();
});
