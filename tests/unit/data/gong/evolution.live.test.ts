import { expect, test } from "vitest";
import { probesOf, small } from "./probes.ts";
import { alerts, contents, runOnce, type ServedGong, type Staging, stage, statusOf } from "./stage.ts";

let staging: Staging;
let gong: ServedGong;
stage(small, (opened, served) => {
  [staging, gong] = [opened, served];
});

const { count, callsRun, expectWhole } = probesOf(() => staging);
test("P3 a new field stays in raw and is told of once", async () => {
  await runOnce(staging, gong);
  gong.workspace.mutate([{ on: "calls", path: "metaData.sentiment", value: { score: 0.5 } }]);
  await runOnce(staging, gong);
  expect(await callsRun()).toMatchObject({
    status: "succeeded",
    changed: 60,
    message: "new fields, kept as JSON: metaData.sentiment",
  });
  expect(await count("gong_calls_staging WHERE raw #>> '{metaData,sentiment,score}' = '0.5'")).toBe(60);
  expect(await alerts(staging)).toEqual(["PipelineFieldAdded"]);
  await runOnce(staging, gong);
  expect(await callsRun()).toMatchObject({ status: "succeeded", message: null });
  // For a day, as only one run tells of it.
  expect(await alerts(staging)).toEqual(["PipelineFieldAdded"]);
  await staging.admin.query("UPDATE error_logs SET occurred_at = occurred_at - interval '25 hours'");
  expect(await alerts(staging)).toEqual([]);
  expect((await contents(staging)).errors.map(({ key, reason }) => [key, reason])).toEqual([
    ["metaData.sentiment", "new field"],
  ]);
});

test("P3 a field that is gone degrades the run, once; no row is lost", async () => {
  await runOnce(staging, gong);
  gong.workspace.mutate([
    { on: "users", path: "title" },
    { on: "calls", path: "metaData.language" },
  ]);
  // Five users are too few to tell; sixty calls are not.
  await runOnce(staging, gong);
  expect(await callsRun()).toMatchObject({
    status: "degraded",
    message: "no longer sent: metaData.language",
  });
  expect((await statusOf(staging, "gong_users")).state).toBe("ok");
  expect(await alerts(staging)).toEqual(["PipelineStreamDegraded", "PipelineFieldGone"]);
  await expectWhole();
  await runOnce(staging, gong);
  expect((await callsRun())?.status).toBe("succeeded");
  // The run is over before a stream that is degraded would alert: the field is told of by itself.
  expect(await alerts(staging)).toEqual(["PipelineFieldGone"]);
});

test("P3 a field that is gone keeps its values in rows that are read again; null empties them", async () => {
  await runOnce(staging, gong);
  gong.workspace.mutate([
    { on: "calls", path: "metaData.language" },
    { on: "calls", path: "metaData.purpose", value: null },
    { on: "calls", path: "parties" },
    { on: "users", path: "title" },
  ]);
  gong.workspace.change({ add: 1 });
  await runOnce(staging, gong);
  expect(await count("gong_calls_staging WHERE language IS NULL")).toBe(1);
  expect(await count("gong_calls_staging WHERE parties IS NULL")).toBe(1);
  expect(await count("gong_calls_staging WHERE raw->'metaData' ? 'language' OR raw ? 'parties'")).toBe(0);
  expect(await count("gong_calls_staging WHERE purpose IS NOT NULL")).toBe(0);
  expect(await count("gong_users_staging WHERE title IS NULL")).toBe(0);
});

test("P3 fields of parties, CRM objects and transcripts are watched as well, and kept", async () => {
  await runOnce(staging, gong);
  gong.workspace.mutate([
    { on: "calls", path: "parties.0.mood", value: "glad" },
    { on: "calls", path: "context.0.objects.1.origin", value: "import" },
    { on: "transcripts", path: "quality", value: 0.9 },
    { on: "transcripts", path: "transcript.0.volume", value: 3 },
    { on: "transcripts", path: "transcript.0.sentences.0.tone", value: "calm" },
  ]);
  await runOnce(staging, gong);
  expect(await callsRun()).toMatchObject({
    status: "succeeded",
    message:
      "new fields, kept as JSON: callTranscripts.quality, callTranscripts.transcript.sentences.tone, " +
      "callTranscripts.transcript.volume, context.objects.origin, parties.mood",
  });
  const transcribed = await count("gong_calls_staging WHERE transcript IS NOT NULL");
  expect(transcribed).toBeGreaterThan(30);
  expect(await count("gong_calls_staging WHERE raw #>> '{_transcript,quality}' = '0.9'")).toBe(transcribed);
  expect(await count("gong_calls_staging WHERE transcript #>> '{0,sentences,0,tone}' = 'calm'")).toBe(
    transcribed,
  );
  gong.workspace.mutate([
    { on: "calls", path: "parties.0.emailAddress" },
    { on: "calls", path: "parties.0.affiliation" },
  ]);
  await runOnce(staging, gong);
  // Other parties still have them.
  expect((await callsRun())?.message).toBeNull();
});

test("P3 a field that only some calls have, or that comes later, is not taken for gone", async () => {
  const ids = gong.workspace.calls({}, 0, 60).items.map(({ metaData }) => metaData.id);
  gong.workspace.mutate([
    // What Gong's analysis adds: the calls of the last hours do not have it yet.
    { on: "calls", path: "content.callOutcome", ids: ids.slice(-15) },
    { on: "calls", path: "metaData.sdrDisposition", ids: ids.slice(4) },
  ]);
  const daily = { plan: { lookbackEvery: 86_400, overlap: 15 * 3600 } };
  await runOnce(staging, gong, daily);
  expect((await callsRun())?.message).toBeNull();
  gong.workspace.mutate([
    { on: "calls", path: "content.callOutcome", ids: ids.slice(-15) },
    { on: "calls", path: "metaData.sdrDisposition" },
  ]);
  await runOnce(staging, gong, daily);
  expect(await callsRun()).toMatchObject({ status: "succeeded", message: null });
  expect((await callsRun())?.read).toBeLessThan(16);
  // The look-back sees all of them: only what came regularly is missed.
  gong.workspace.mutate([
    { on: "calls", path: "content.callOutcome" },
    { on: "calls", path: "metaData.sdrDisposition" },
  ]);
  await runOnce(staging, gong);
  expect(await callsRun()).toMatchObject({
    status: "degraded",
    message: "no longer sent: content.callOutcome",
  });
});

test("P3 a field of another type stops the stream where it is, rather than to empty a column", async () => {
  await runOnce(staging, gong);
  gong.workspace.change({ add: 30 });
  gong.workspace.mutate([{ on: "calls", path: "metaData.duration", value: "30 min" }]);
  const { failure } = await runOnce(staging, gong);
  expect(failure?.message).toMatch(/20 of 20 records .*metaData\.duration: .*expected.*error_logs/);
  expect((await statusOf(staging, "gong_calls")).state).toBe("failed");
  expect(await alerts(staging)).toContain("PipelineStreamFailed");
  expect(await count("gong_calls_staging WHERE duration_s IS NULL")).toBe(0);
  expect(await count("error_logs")).toBe(1);
  gong.workspace.mutate([]);
  expect((await runOnce(staging, gong)).failure).toBeUndefined();
  expect(await count("gong_calls_staging")).toBe(90);
});

test("P1 numbers and ids that JavaScript cannot hold arrive digit by digit", async () => {
  const id = gong.workspace.calls({}, 0, 1).items[0]?.metaData.id ?? "";
  const [original] = gong.workspace.calls({ callIds: [id] }, 0, 1).items;
  const raw = `{"metaData":${JSON.stringify(original?.metaData).replace("{", '{"exact":12345678901234567890.125,')}}`;
  const { parseExactly } = await import("../../../../data/gong/source/json.ts");
  expect(JSON.stringify(parseExactly(raw))).toBe(raw);
  gong.workspace.mutate([
    { on: "calls", path: "metaData.big", value: parseExactly("[9007199254740993]"), ids: [id] },
  ]);
  await runOnce(staging, gong);
  const { rows } = await staging.admin.query(
    "SELECT raw #>> '{metaData,big,0}' AS big FROM gong_calls_staging WHERE call_id = $1",
    [id],
  );
  expect(rows[0].big).toBe("9007199254740993");
  gong.workspace.mutate([{ on: "calls", path: "metaData.id", value: 7.3e18, ids: [id] }]);
  await runOnce(staging, gong);
  const { errors } = await contents(staging);
  expect(errors.map(({ reason }) => reason)).toContain("does not match Gong's documentation");
  expect(await count("gong_calls_staging WHERE _deleted_at IS NOT NULL")).toBe(0);
});
