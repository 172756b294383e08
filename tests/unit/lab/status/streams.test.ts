import { expect, test } from "vitest";
import { readStreams, streamsIn } from "../../../../lab/status/streams.ts";
import { fakeKubernetes, json } from "../../support/kubernetesApi.ts";

const row = (changes: object) => ({
  name: "slack_messages",
  source: "slack",
  state: "ok",
  rows: 3000,
  warehouse_rows: 2999,
  lag_seconds: 1.26,
  quality: 99.96,
  message: null,
  age_seconds: 4.2,
  ...changes,
});

test("P1 a stream shows its rows, here and in the warehouse, its lag and its quality", () => {
  expect(streamsIn(JSON.stringify([row({})]), ["slack_messages"])).toEqual([
    { name: "slack_messages", ok: true, rows: 3000, warehouseRows: 2999, lagSeconds: 1.3, quality: 100 },
  ]);
});

test.each([
  [{ rows: 0 }, "no rows arrived yet"],
  [{ rows: null, lag_seconds: null, quality: null }, "no rows arrived yet"],
  [{ state: "degraded", message: "completeness 80" }, "degraded: completeness 80"],
  [{ state: "failed" }, "failed"],
  [{ warehouse_rows: 0 }, "no rows in the warehouse yet"],
  [{ warehouse_rows: null }, "the warehouse has not been read yet"],
  [{ age_seconds: 91 }, "last checked 91 s ago, when it was ok"],
  [
    { age_seconds: 700.4, state: "degraded", message: "counts 80" },
    "last checked 700 s ago, when it was degraded: counts 80",
  ],
])("P5 what is not well is said: %j", (changes, problem) => {
  expect(streamsIn(JSON.stringify([row(changes)]), [])).toMatchObject([{ ok: false, problem }]);
});

test("P5 what was checked a minute ago is still good", () => {
  expect(streamsIn(JSON.stringify([row({ age_seconds: 60 })]), [])).toMatchObject([{ ok: true }]);
});

test("P5 a stream that nobody checked is missed", () => {
  expect(streamsIn("[]", ["gong_calls"])).toMatchObject([
    { name: "gong_calls", ok: false, problem: "was not checked yet" },
  ]);
});

test("H2 PostgreSQL's pod that does not answer, or refuses, is an error of the one who asks, never an unhandled one", async () => {
  const api = await fakeKubernetes();
  const pods = (url: URL) => url.pathname.endsWith("/pods");
  const pod = { metadata: { name: "postgres-1" } };
  // An upgrade that is never answered.
  api.answer = (url, response) => {
    if (pods(url)) json(response, { metadata: {}, items: [pod] });
  };
  await expect(readStreams(api.kubeconfig, ["gong_calls"], 0.5)).rejects.toThrow(
    /no answer within 0.5 s|handshake has timed out/,
  );
  expect(api.asked.at(-1)).toContain("/namespaces/data/pods/postgres-1/exec?");

  api.answer = (url, response) => json(response, { metadata: {}, items: [pod] }, pods(url) ? 200 : 403);
  await expect(readStreams(api.kubeconfig, ["gong_calls"])).rejects.toThrow("server response: 403");

  // Not even the list of pods.
  api.answer = () => undefined;
  await expect(readStreams(api.kubeconfig, ["gong_calls"], 0.5)).rejects.toThrow(/timeout/);
});
