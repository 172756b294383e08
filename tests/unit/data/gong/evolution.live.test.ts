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
    message: "new fields, kept in raw: metaData.sentiment",
  });
  expect(await count("gong_calls_staging WHERE raw #>> '{metaData,sentiment,score}' = '0.5'")).toBe(60);
  await runOnce(staging, gong);
  expect(await callsRun()).toMatchObject({ status: "succeeded", message: null });
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
