import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { hubspotCapture, postgresCapture, slackCapture } from "../../../../data/estuary/spec/captures.ts";
import type { Specs } from "../../../../data/estuary/spec/catalog.ts";
import {
  postgresMaterialization,
  snowflakeMaterialization,
} from "../../../../data/estuary/spec/materializations.ts";
import { replication, streamNames, tableOf } from "../../../../data/estuary/spec/streams.ts";
import { publishTables } from "../../../../data/migrations/publish.ts";
import { streamChecks } from "../../../../data/quality/checks/streams.ts";
import { StatusClient } from "../../../../data/quality/estuary/client.ts";
import { Meter } from "../../../../data/quality/measure.ts";
import { createPlane } from "../../../../lab/saas/estuary/plane/create.ts";
import { holding } from "../../../support/pipeline/alerts.ts";
import { startSaas } from "../../../support/pipeline/saas.ts";
import { spokenTo } from "../../../support/pipeline/warehouse.ts";
import { startPipelineServer } from "../../../support/servers/databases/pipeline.ts";
import { Engine } from "./support/engine.ts";
import { somePrivateKey, testEstuary } from "./support/estuary.ts";
import { tunnelHost } from "./support/tunnel.ts";

const prefix = "sophia/test";

test("P1 what the program publishes runs: both sources into staging, and all of it into the warehouse, and it ends", async () => {
  const server = await startPipelineServer();
  onTestFinished(() => server.stop());
  await server.migrate();
  const saas = await startSaas();
  onTestFinished(() => saas.stop());
  const root = await server.admin();
  await root.query('CREATE DATABASE "SOPHIA_AI" OWNER pipeline');
  const inWarehouse = async () => {
    const client = new pg.Client({ ...server.as("pipeline"), database: "SOPHIA_AI" });
    await client.connect();
    return client;
  };
  const warehouse = await inWarehouse();
  await warehouse.query('CREATE SCHEMA "STAGING"');
  const said: string[] = [];
  const trouble = { down: false, failAfter: Number.POSITIVE_INFINITY };
  const plane = createPlane({
    hubspotUrl: saas.hubspotUrl,
    slackUrl: saas.slackUrl,
    openWarehouse: spokenTo(inWarehouse, trouble),
    poll: 0.05,
    backoff: { first: 0.05, most: 0.5 },
    log: (line) => said.push(line),
  });
  onTestFinished(() => plane.close());
  const estuary = await testEstuary({ plane, now: Date.now, publishSeconds: 0.05 });
  estuary.time.now = Date.now;
  estuary.time.sleep = (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 50)));

  const tunnel = await tunnelHost();
  const reach = (user: "flow_capture" | "flow_materialize") => ({
    address: `127.0.0.1:${server.port}`,
    user,
    password: String(server.as(user).password),
    tunnel,
  });
  const { credentials } = saas.hubspotConfig;
  if (credentials.credentials_title !== "OAuth Credentials") throw new Error("other credentials");
  if (saas.slackConfig.credentials.option_title !== "API Token Credentials")
    throw new Error("other credentials");
  const engines: [Engine, string][] = [];
  const publish = async (task: string, specs: Specs) => {
    const engine = new Engine(estuary, `${prefix}/${task}`);
    engines.push([engine, task]);
    const { outcome } = await engine.up(specs, { timing: { readyDeadline: 20, settleDeadline: 5 } });
    expect(outcome, `${task}: ${said.slice(-3)}`).toBe("done");
  };
  await publish(
    "source-hubspot",
    hubspotCapture(prefix, {
      clientId: credentials.client_id,
      clientSecret: credentials.client_secret,
      refreshToken: credentials.refresh_token,
      interval: "PT5M",
      schedule: "55 23 * * *",
    }),
  );
  const slack = (token: string) =>
    slackCapture(prefix, {
      token,
      interval: "5m",
      startDate: "2020-01-01T00:00:00Z",
      lookbackDays: 7,
      channels: [],
    });
  const stranger = new Engine(estuary, `${prefix}/source-slack`);
  expect(String((await stranger.up(slack("xoxb-of-nobody"))).outcome)).toMatch(
    /source-slack: the connector could not validate its endpoint: .*invalid_auth/,
  );
  await publish("source-slack", slack(saas.slackConfig.credentials.api_token));
  await publish("materialize-postgres", postgresMaterialization(prefix, reach("flow_materialize")));
  const staging = await server.admin();
  staging.on("error", () => undefined);
  await waitFor({ what: "Estuary's tables", deadline: 120, interval: 0.1 }, async () => {
    const { missing } = await publishTables(staging);
    return missing.length === 0 ? true : notYet(`${missing} are missing; ${said.at(-1)}`);
  });
  await publish("source-postgres", postgresCapture(prefix, reach("flow_capture")));
  await publish(
    "materialize-snowflake",
    snowflakeMaterialization(prefix, {
      account: "znb04675",
      database: "SOPHIA_AI",
      schema: "STAGING",
      warehouse: "SOPHIA_AI_WH",
      role: "LOADER",
      user: "ESTUARY",
      privateKey: somePrivateKey(),
      syncFrequency: "0s",
    }),
  );

  const count = async (client: typeof staging, table: string) =>
    Number((await client.query(`SELECT count(*) FROM ${table}`)).rows[0]?.count);
  const wanted = { hubspot_contacts: 400, hubspot_deals: 100, slack_channels: 3, slack_messages: 400 };
  for (const [stream, rows] of Object.entries(wanted)) {
    const table = `${stream}_staging`;
    await waitFor({ what: `${rows} rows in ${table}`, deadline: 120, interval: 0.1 }, async () => {
      const there = [await count(staging, table), await count(warehouse, `"SOPHIA_AI"."STAGING"."${table}"`)];
      return there.every((some) => some === rows) ? true : notYet(`there are ${there}; ${said.at(-1)}`);
    });
  }
  const { rows: columns } = await staging.query(
    "SELECT column_name FROM information_schema.columns WHERE table_name = 'hubspot_contacts_staging'",
  );
  const names = columns.map(({ column_name }) => column_name);
  expect(names).toEqual(expect.arrayContaining(["id", "properties/email", "flow_published_at"]));
  expect(names).not.toContain("flow_document");
  const { rows: captured } = await staging.query("SELECT tablename FROM pg_publication_tables ORDER BY 1");
  expect(captured.map(({ tablename }) => tablename)).toEqual(
    expect.arrayContaining(streamNames.map(tableOf)),
  );
  const slots = async () =>
    (await staging.query("SELECT slot_name FROM pg_replication_slots")).rows.map(
      ({ slot_name }) => slot_name,
    );
  expect(await slots()).toEqual([replication.slot]);

  // Faults, each with: nothing lost, nothing twice, alert raised, recovers by itself.
  const pool = new pg.Pool(server.as("quality"));
  pool.on("error", () => undefined);
  const meter = new Meter({
    pool,
    estuary: new StatusClient({
      url: estuary.url,
      apiKey: estuary.key,
      tasks: engines.map(([, task]) => `${prefix}/${task}`),
    }),
    threshold: 0,
    maxLag: 1e6,
    warehouseInterval: 60,
    retentionDays: 90,
    streams: streamChecks.filter(({ source }) => source !== "gong"),
  });
  const look = () => meter.run(new AbortController().signal);
  let contacts = 400;
  /** What is wrong with the contacts in both places: their number, and keys that are there twice. */
  const wrong = async () => {
    const places = [
      [staging, "hubspot_contacts_staging"],
      [warehouse, '"SOPHIA_AI"."STAGING"."hubspot_contacts_staging"'],
    ] as const;
    for (const [client, table] of places) {
      const { rows } = await client.query(
        `SELECT count(*)::int AS rows, count(DISTINCT id)::int AS keys FROM ${table}`,
      );
      if (rows[0].rows !== contacts || rows[0].keys !== contacts) return `${table}: ${JSON.stringify(rows)}`;
    }
    return undefined;
  };
  let poisoned: unknown;
  const fault = (body: object) => () => saas.order("hubspot", "faults", body);
  const clear = fault({ clear: true });
  const faults: [string, string, () => unknown, () => unknown][] = [
    ["the source is down", "source-hubspot", fault({ kind: "down" }), clear],
    ["the token expired", "source-hubspot", fault({ kind: "tokenExpired" }), clear],
    ["a storm of 429", "source-hubspot", fault({ kind: "rateLimited", retryAfter: 0 }), clear],
    [
      "the warehouse is down",
      "materialize-snowflake",
      () => Object.assign(trouble, { down: true }),
      () => Object.assign(trouble, { down: false }),
    ],
    [
      "a record does not fit",
      "source-hubspot",
      async () => {
        poisoned = (await saas.order("hubspot", "poison", { object: "contacts" })).id;
      },
      () => saas.order("hubspot", "mend", { object: "contacts", id: poisoned }),
    ],
  ];
  for (const [what, task, cause, end] of faults) {
    await cause();
    await saas.order("hubspot", "change", { object: "contacts", create: 3 });
    contacts += 3;
    const measured = await waitFor({ what: `the alert: ${what}`, deadline: 120, interval: 0.1 }, async () => {
      const found = await look();
      const fired = holding(found, 1e6);
      return fired.includes(`PipelineTaskFailed ${task}`) ? found : notYet(`${fired}; ${said.at(-1)}`);
    });
    const stateOf = (stream: string) => measured.statuses.find((one) => one.stream === stream);
    expect(stateOf("hubspot_contacts"), what).toMatchObject({
      state: "failed",
      message: expect.stringMatching(`^${task} task shards failed: `),
    });
    // Told of once, by the task.
    expect(holding(measured, 1e6).filter((alert) => alert.startsWith("PipelineStreamFailed"))).toEqual([]);
    expect(stateOf("slack_messages")?.state, what).toBe(task === "source-hubspot" ? "ok" : "failed");
    if (poisoned !== undefined) {
      expect(holding(measured, 1e6)).toContain("PipelineRecordsRejected hubspot_contacts");
      expect(stateOf("hubspot_contacts")?.message).toMatch(/archived must be boolean/);
      expect(stateOf("hubspot_contacts")?.message).not.toContain(String(poisoned));
      const { rows: logged } = await staging.query(
        "SELECT source, stream, key, raw->>'archived' AS archived FROM error_logs",
      );
      expect(logged).toEqual([
        { source: "hubspot", stream: "hubspot_contacts", key: String(poisoned), archived: "perhaps" },
      ]);
    }
    await end();
    await waitFor({ what: `the end: ${what}`, deadline: 120, interval: 0.1 }, async () => {
      const { statuses, ...rest } = await look();
      const bad = statuses
        .filter(({ state }) => state !== "ok")
        .map(({ stream, message }) => [stream, message]);
      const fired = holding({ statuses, ...rest }, 1e6).filter((alert) => alert.startsWith("PipelineTask"));
      const fault = await wrong();
      return bad.length === 0 && fired.length === 0 && fault === undefined
        ? true
        : notYet(JSON.stringify({ bad, fired, fault }));
    });
  }
  await pool.end();

  for (const [engine, task] of engines.reverse()) expect((await engine.destroy()).outcome, task).toBe("done");
  expect(estuary.control.store.state.live).toEqual({});
  // As at Estuary, the slot stays: dropping it is a step of its own.
  expect(await slots()).toEqual([replication.slot]);
  for (const client of [root, staging, warehouse]) await client.end();
});
