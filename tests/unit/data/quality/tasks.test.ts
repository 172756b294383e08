import { expect, test } from "vitest";
import { sayable } from "../../../../data/estuary/client/status.ts";
import { type Facts, statusOf } from "../../../../data/quality/checks/judge.ts";
import { streamChecks } from "../../../../data/quality/checks/streams.ts";
import { EstuaryUnreadable, StatusClient } from "../../../../data/quality/estuary/client.ts";
import { badRecords, heldUp, type Task } from "../../../../data/quality/estuary/tasks.ts";
import { TaskWatch } from "../../../../data/quality/estuary/watch.ts";
import type { Measured } from "../../../../data/quality/measure.ts";
import { metricsOf } from "../../../../data/quality/metrics.ts";
import { Watch } from "../../../support/pipeline/alerts.ts";
import { listening } from "../../../support/servers/listening.ts";

const task = (name: string, state: Task["state"], summary = ""): Task => ({
  name: `sophia/test/${name}`,
  state,
  summary,
});
const names = (held: ReturnType<typeof heldUp>) => [...held.keys()].sort();
const unfit = (collection: string, document: string) =>
  `one or more task shards are failed: captured collection ${collection} (binding 2)\ndocument failed validation against its collection JSON Schema\n\nCaused by:\n  detail: "Missing required property: id"\n  document: ${document}`;

test("P5 a task that fails holds up the streams that it carries, and no others", () => {
  expect(names(heldUp([task("source-hubspot", "failed", "401")]))).toEqual([
    "hubspot_contacts",
    "hubspot_deals",
  ]);
  expect(names(heldUp([task("source-slack", "disabled")]))).toEqual(["slack_channels", "slack_messages"]);
  expect(names(heldUp([task("materialize-postgres", "failed")]))).toHaveLength(4);
  expect(names(heldUp([task("source-postgres", "failed")]))).toHaveLength(streamChecks.length);
  expect(names(heldUp([task("materialize-snowflake", "failed")]))).toHaveLength(streamChecks.length);
  expect(heldUp([task("source-hubspot", "ok"), task("source-postgres", "waiting")]).size).toBe(0);
});

test("P5 of several the one that is first on the way is named; one that is not published is no failure yet", () => {
  const held = heldUp([
    task("source-hubspot", "failed", "token_expired"),
    task("materialize-snowflake", "failed", "it is down"),
    task("source-slack", "missing"),
  ]);
  expect(held.get("hubspot_deals")).toEqual({ state: "failed", message: "source-hubspot token_expired" });
  expect(held.get("gong_calls")?.message).toBe("materialize-snowflake it is down");
  expect(heldUp([task("source-slack", "missing")]).get("slack_channels")).toEqual({
    state: "degraded",
    message: "source-slack is not published at Estuary",
  });
});

test("P5 a stream that is held up is failed, before and after its table is there", () => {
  const held = { state: "failed", message: "source-hubspot 401" } as const;
  const facts = (more: Partial<Facts>): Facts => ({ now: 10, staging: { rows: 1, newest: 5 }, ...more });
  expect(statusOf([], facts({ heldUp: held }))).toMatchObject(held);
  expect(statusOf([], facts({ heldUp: held, staging: undefined }))).toMatchObject({
    state: "failed",
    message: "source-hubspot 401; its table does not exist yet",
  });
  const missing = { state: "degraded", message: "source-slack is not published at Estuary" } as const;
  expect(statusOf([], facts({ heldUp: missing }))).toMatchObject(missing);
  expect(statusOf([], facts({ heldUp: missing, staging: undefined })).state).toBe("unknown");
});

test("P5 a record that Estuary quotes is kept whole, and told of without its values", () => {
  const document = '{"_meta": {"op": "u"}, "id": 304, "properties": {"email": "ann@example.com"}}';
  const [record] = badRecords([
    task("source-hubspot", "failed", unfit("sophia/test/hubspot/contacts", document)),
  ]);
  expect(record).toMatchObject({ key: "304" });
  expect(record?.stream.stream).toBe("hubspot_contacts");
  expect(JSON.parse(record?.raw ?? "")).toEqual(JSON.parse(document));
  expect(record?.reason).toContain("Missing required property: id");
  expect(record?.reason).not.toContain("example.com");
  const other = '{"basic_output": {}, "document":{"email":"ann@example.com"}}';
  expect(sayable(`it failed: ${other}`)).not.toContain("example.com");
});

test.each([
  ["sophia/test/hubspot/deals", "hubspot_deals"],
  ["sophia/test/slack/channel_messages", "slack_messages"],
  ["sophia/test/slack/channels", "slack_channels"],
  ["sophia/test/postgres/public/gong_calls_staging", "gong_calls"],
])("P5 a record of %s is one of %s", (collection, stream) => {
  const [record] = badRecords([task("source-x", "failed", unfit(collection, "{}"))]);
  expect(record?.stream.stream).toBe(stream);
});

test("P5 a record that was cut off, or has what PostgreSQL cannot store, is kept as far as it goes", () => {
  const cut = badRecords([
    task("source-slack", "failed", unfit("sophia/test/slack/channels", '{"id": "C1", "name": "ge')),
  ]);
  expect(cut).toMatchObject([{ key: null, raw: JSON.stringify('{"id": "C1", "name": "ge') }]);
  const nul = badRecords([
    task("source-slack", "failed", unfit("sophia/test/slack/channels", '{"id": "C1", "name": "a\\u0000b"}')),
  ]);
  expect(nul[0]?.raw).toBe('{"id":"C1","name":"a\\ufffdb"}');
  expect(badRecords([task("source-slack", "failed", "401 invalid_auth")])).toEqual([]);
});

const answering = (status: number, body: string) =>
  listening((_, response) => response.writeHead(status).end(body));

test.each([
  ["a key that is refused", 401, '{"error": "invalid, flow_sa_key"}', /401, .*invalid, \[key\]/],
  ["no JSON", 200, "<html>", /is not JSON/],
  ["errors", 200, '{"errors": [{"message": "boom"}]}', /boom/],
  ["another shape", 200, '{"data": {}}', /does not match the expected schema/],
])("P5 Estuary answers with %s: it says so, without the key", async (_, status, body, message) => {
  const url = await answering(status, body);
  const client = new StatusClient({ url, apiKey: "flow_sa_key", tasks: ["a/b"] });
  const failure = await client.look(new AbortController().signal).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(EstuaryUnreadable);
  expect(String(failure)).toMatch(message);
  expect(String(failure)).not.toContain("flow_sa_key");
});

/** An answer of the agent API about one task. */
const live = (type: string, summary: string, error?: string) =>
  JSON.stringify({
    data: {
      liveSpecs: {
        edges: [
          {
            node: {
              catalogName: "sophia/test/source-slack",
              liveSpec: { catalogType: "capture", lastPubId: "1", isDisabled: false },
              lastPublication: null,
              status: {
                type,
                summary,
                controller: {
                  activation: {
                    lastFailure:
                      error === undefined
                        ? null
                        : { message: "shard failed", fields: { eventType: "shardFailure", error } },
                  },
                },
              },
            },
          },
        ],
        pageInfo: { hasNextPage: false, endCursor: null },
      },
    },
  });
const look = async (body: string) => {
  const tasks = ["sophia/test/source-slack"];
  const client = new StatusClient({ url: await answering(200, body), apiKey: "flow_sa_key", tasks });
  return client.look(new AbortController().signal);
};

test.each([
  "one or more task shards are failed",
  "task shard failed at 2026-11-22 10:00:00 UTC, next retry at 2026-11-22 10:09:00 UTC",
])("P5 the cause of a failure is told although the summary is '%s'", async (summary) => {
  const error = unfit("sophia/test/slack/channels", '{"id": "C1", "name": 7}').replace(/^.*?: /, "");
  const tasks = await look(live("ERROR", summary, error));
  expect(tasks).toMatchObject([{ state: "failed", summary: `${summary}: ${error}` }]);
  expect(badRecords(tasks)).toMatchObject([{ key: "C1", stream: { stream: "slack_channels" } }]);
  expect(heldUp(tasks).get("slack_channels")?.message).toContain("Missing required property: id");
});

test.each([
  ["OK", "Ok", "ok"],
  ["WARNING", "waiting for task shards to be ready", "waiting"],
  ["ERROR", "task shards have been pending for a long time", "failed"],
])("P5 a failure that is over is not told of: %s, %s", async (type, summary, state) => {
  expect(await look(live(type, summary, "401 token_expired"))).toMatchObject([{ state, summary }]);
});

const status = { rows: 1, warehouseRows: 1, lag: 0, quality: 100, message: "x", state: "failed" } as const;
const measured: Measured = {
  at: 1,
  statuses: [
    { ...status, stream: "hubspot_deals", source: "hubspot" },
    { ...status, stream: "gong_calls", source: "gong" },
  ],
  results: [],
  slots: [],
  logged: new Map(),
  killed: new Map(),
  warehouseReachable: true,
  tasks: [task("source-hubspot", "failed"), task("source-slack", "ok"), task("source-postgres", "waiting")],
  estuaryFault: undefined,
  atSource: [],
};
const samples = (name: string, of: Measured) =>
  metricsOf(of, 0, 900)
    .find((metric) => metric.name === name)
    ?.samples.map(({ value }) => value);

test("P5 one task that fails is one alert, not one for each of its streams", () => {
  expect(samples("sophia_stream_held_up", measured)).toEqual([1, 0]);
  expect(samples("sophia_estuary_task_failed", measured)).toEqual([1, 0, 0]);
  expect(samples("sophia_estuary_up", measured)).toEqual([1]);
  expect(samples("sophia_estuary_up", { ...measured, estuaryFault: "401" })).toEqual([0]);
  expect(samples("sophia_estuary_up", { ...measured, tasks: [] })).toEqual([]);
});

test("P5 a task that goes on waiting has an alert of its own", () => {
  expect(samples("sophia_estuary_task_waiting", measured)).toEqual([0, 0, 1]);
  const watch = new Watch();
  const waits = (minute: number) =>
    watch.see({ ...measured, at: minute * 60 }).includes("PipelineTaskWaiting source-postgres");
  expect([0, 10, 29].map(waits)).toEqual([false, false, false]);
  expect(waits(30)).toBe(true);
});

test("P5 an answer that does not come ends no alert: the last one counts for half an hour", async () => {
  let silent = false;
  const tasks = new TaskWatch({
    look: async () => {
      if (silent) throw new EstuaryUnreadable("https://estuary.example", "503");
      return [task("source-hubspot", "failed", "token_expired")];
    },
  });
  const watch = new Watch();
  const see = async (minute: number, lost: boolean) => {
    silent = lost;
    const { tasks: known, fault } = await tasks.look(minute * 60, new AbortController().signal);
    const of = { ...measured, at: minute * 60, tasks: known, estuaryFault: fault };
    return { held: heldUp(known).size, fires: watch.see(of) };
  };
  const failed = "PipelineTaskFailed source-hubspot";
  expect(await see(0, false)).toEqual({ held: 2, fires: [] });
  expect((await see(1, true)).held).toBe(2);
  expect((await see(2, false)).fires).toContain(failed);
  expect((await see(31, true)).fires).toContain(failed);
  expect((await see(32, true)).fires).toContain(failed);
  // Then nothing is known, and another alert has long said so.
  const { held, fires } = await see(42, true);
  expect(held).toBe(0);
  expect(fires).not.toContain(failed);
  expect(fires).toContain("PipelineEstuaryUnreadable");
});
