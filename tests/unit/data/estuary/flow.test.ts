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
import { startSaas } from "../../../support/pipeline/saas.ts";
import { spokenTo } from "../../../support/pipeline/warehouse.ts";
import { startPipelineServer } from "../../../support/servers/pipeline.ts";
import { noPostgres } from "../../../support/servers/postgres.ts";
import { Engine } from "./support/engine.ts";
import { somePrivateKey, testEstuary } from "./support/estuary.ts";
import { tunnelHost } from "./support/tunnel.ts";

const prefix = "sophia/test";

test.skipIf(noPostgres)(
  "P1 what the program publishes runs: both sources into staging, and all of it into the warehouse, and it ends",
  async () => {
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
    const plane = createPlane({
      hubspotUrl: saas.hubspotUrl,
      slackUrl: saas.slackUrl,
      openWarehouse: spokenTo(inWarehouse, { down: false, failAfter: Number.POSITIVE_INFINITY }),
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
    await publish(
      "source-slack",
      slackCapture(prefix, {
        token: saas.slackConfig.credentials.api_token,
        interval: "5m",
        startDate: "2020-01-01T00:00:00Z",
        lookbackDays: 7,
        channels: [],
      }),
    );
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
        const there = [
          await count(staging, table),
          await count(warehouse, `"SOPHIA_AI"."STAGING"."${table}"`),
        ];
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

    // A record that does not fit: the quality checks tell of it, keep it, and say when it is over.
    const pool = new pg.Pool(server.as("quality"));
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
      streams: streamChecks.filter(({ source }) => source !== "gong"),
    });
    const stateOf = async (stream: string) => {
      const { statuses, rejected } = await meter.run(new AbortController().signal);
      const { state, message = "" } = statuses.find((one) => one.stream === stream) ?? {};
      return { state, message, rejected: rejected.get(stream) };
    };
    const { id } = await saas.order("hubspot", "poison", { object: "contacts" });
    await saas.order("hubspot", "change", { object: "contacts", create: 3 });
    const failed = await waitFor({ what: "the stream to fail", deadline: 120, interval: 0.1 }, async () => {
      const found = await stateOf("hubspot_contacts");
      return found.state === "failed" ? found : notYet(`it is ${found.state}`);
    });
    expect(failed).toMatchObject({ rejected: 1 });
    expect(failed.message).toMatch(/^source-hubspot task shards failed: .*\/archived must be boolean/);
    expect(failed.message).not.toContain(String(id));
    expect((await stateOf("hubspot_deals")).state).toBe("failed");
    expect((await stateOf("slack_messages")).state).toBe("ok");
    const { rows: logged } = await staging.query(
      "SELECT source, stream, key, raw->>'archived' AS archived FROM error_logs",
    );
    expect(logged).toEqual([
      { source: "hubspot", stream: "hubspot_contacts", key: String(id), archived: "perhaps" },
    ]);
    await saas.order("hubspot", "mend", { object: "contacts", id });
    await waitFor({ what: "the stream to be well", deadline: 120, interval: 0.1 }, async () => {
      const { state, message } = await stateOf("hubspot_contacts");
      return state === "ok" ? true : notYet(`it is ${state} ${message}`);
    });
    await waitFor({ what: "all contacts", deadline: 120, interval: 0.1 }, async () => {
      const there = await count(warehouse, '"SOPHIA_AI"."STAGING"."hubspot_contacts_staging"');
      return there === 403 ? true : notYet(`there are ${there}`);
    });
    await pool.end();

    for (const [engine, task] of engines.reverse())
      expect((await engine.destroy()).outcome, task).toBe("done");
    expect(estuary.control.store.state.live).toEqual({});
    // As at Estuary, the slot stays: dropping it is a step of its own.
    expect(await slots()).toEqual([replication.slot]);
    for (const client of [root, staging, warehouse]) await client.end();
  },
);
