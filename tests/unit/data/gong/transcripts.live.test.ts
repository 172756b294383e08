import { expect, test } from "vitest";
import { probesOf, small } from "./probes.ts";
import { alerts, contents, runOnce, type ServedGong, type Staging, stage, statusOf } from "./stage.ts";

let staging: Staging;
let gong: ServedGong;
stage(small, (opened, served) => {
  [staging, gong] = [opened, served];
});

const { count, callsRun, expectWhole } = probesOf(() => staging);
const path = "/v2/calls/transcript";
const spoken = async () =>
  (await staging.admin.query("SELECT call_id, transcript FROM gong_calls_staging ORDER BY call_id")).rows;

test("P5 an empty answer to the transcripts leaves those that are stored", async () => {
  await runOnce(staging, gong);
  const before = await spoken();
  gong.faults.set([{ kind: "empty", path, times: -1 }]);
  expect((await runOnce(staging, gong)).failure).toBeUndefined();
  expect(await spoken()).toEqual(before);
  gong.faults.set([]);
  const [first] = gong.workspace.change({ update: 60 }).updated;
  await runOnce(staging, gong);
  expect(await spoken()).not.toEqual(before);
  expect(first).toBeDefined();
});

test("P3 a transcript that names no call is kept aside with the reason; what is stored stays", async () => {
  await runOnce(staging, gong);
  const before = await spoken();
  const { call_id: id } = before.find(({ transcript }) => transcript !== null) ?? {};
  gong.workspace.mutate([{ on: "transcripts", path: "callId", ids: [id] }]);
  expect((await runOnce(staging, gong)).failure).toBeUndefined();
  expect(await spoken()).toEqual(before);
  expect(await callsRun()).toMatchObject({ status: "degraded", rejected: 1 });
  expect(await alerts(staging)).toEqual(["PipelineStreamDegraded", "PipelineRecordsRejected"]);
  expect((await contents(staging)).errors).toMatchObject([
    { key: null, reason: "does not match Gong's documentation", issues: [{ path: "transcript.callId" }] },
  ]);
  gong.workspace.mutate([]);
  await runOnce(staging, gong);
  expect((await callsRun())?.status).toBe("succeeded");
  expect(await spoken()).toEqual(before);
});

test("P3 transcripts of which none names its call stop the stream", async () => {
  gong.workspace.mutate([{ on: "transcripts", path: "callId" }]);
  const { failure } = await runOnce(staging, gong);
  expect(failure?.message).toMatch(/\d+ of 20 records .*transcript\.callId.*error_logs/);
  expect((await statusOf(staging, "gong_calls")).state).toBe("failed");
  expect(await count("gong_calls_staging")).toBe(0);
  gong.workspace.mutate([]);
  expect((await runOnce(staging, gong)).failure).toBeUndefined();
  await expectWhole();
});
