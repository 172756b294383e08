import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type Facts, statusOf } from "../../../../data/quality/checks/judge.ts";
import { streamChecks } from "../../../../data/quality/checks/streams.ts";
import { EstuaryUnreadable, StatusClient } from "../../../../data/quality/estuary/client.ts";
import { badRecords, heldUp, sayable, type Task } from "../../../../data/quality/estuary/tasks.ts";
import type { Measured } from "../../../../data/quality/measure.ts";
import { metricsOf } from "../../../../data/quality/metrics.ts";

const task = (name: string, state: Task["state"], summary = ""): Task => ({
  name: `sophia/test/${name}`,
  state,
  summary,
});
const names = (held: ReturnType<typeof heldUp>) => [...held.keys()].sort();
const unfit = (collection: string, document: string) =>
  `task shards failed: captured collection ${collection} (binding 2)\ndocument failed validation against its collection JSON Schema\n\nCaused by:\n  detail: "Missing required property: id"\n  document: ${document}`;

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

async function answering(status: number, body: string) {
  const server = createServer((_, response) => response.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

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

test("P5 one task that fails is one alert, not one for each of its streams", () => {
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
    warehouseReachable: true,
    tasks: [task("source-hubspot", "failed"), task("source-slack", "ok")],
    estuaryFault: undefined,
  };
  const samples = (name: string, of: Measured) =>
    metricsOf(of, 0, 900)
      .find((metric) => metric.name === name)
      ?.samples.map(({ value }) => value);
  expect(samples("sophia_stream_held_up", measured)).toEqual([1, 0]);
  expect(samples("sophia_estuary_task_failed", measured)).toEqual([1, 0]);
  expect(samples("sophia_estuary_up", measured)).toEqual([1]);
  const silent = { ...measured, tasks: [], estuaryFault: "401" };
  expect(samples("sophia_estuary_up", silent)).toEqual([0]);
  expect(samples("sophia_stream_held_up", silent)).toEqual([0, 0]);
  expect(samples("sophia_estuary_up", { ...silent, estuaryFault: undefined })).toEqual([]);
});
