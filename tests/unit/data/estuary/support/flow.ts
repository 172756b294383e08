import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { expect, onTestFinished } from "vitest";
import { notYet, waitFor } from "../../../../../components/core/wait.ts";
import { hubspotCapture, postgresCapture, slackCapture } from "../../../../../data/estuary/spec/captures.ts";
import type { Specs } from "../../../../../data/estuary/spec/catalog.ts";
import {
  postgresMaterialization,
  snowflakeMaterialization,
} from "../../../../../data/estuary/spec/materializations.ts";
import { publishTables } from "../../../../../data/migrations/publish.ts";
import { warehouseIdentifier } from "../../../../../data/quality/warehouse/identifiers.ts";
import { createPlane } from "../../../../../lab/saas/estuary/plane/create.ts";
import { startSaas } from "../../../../support/pipeline/saas.ts";
import { spokenTo, type Trouble } from "../../../../support/pipeline/warehouse.ts";
import { startPipelineServer } from "../../../../support/servers/databases/pipeline.ts";
import { Engine } from "./engine.ts";
import { someWarehouse, testEstuary } from "./estuary.ts";
import { tunnelHost } from "./tunnel.ts";

/** Seconds that a task has until it runs. */
export const timing = { readyDeadline: 120, settleDeadline: 30 };
export const prefix = "sophia/test";

/** Rows of a stream that Estuary carries, as `startSaas` begins. */
export const seeded = { hubspot_contacts: 400, hubspot_deals: 100, slack_channels: 3, slack_messages: 400 };
export type Carried = keyof typeof seeded;

/** All that the program publishes, running, with every seeded row in staging and in the warehouse; ended with the test. */
export async function startFlow() {
  const server = await startPipelineServer();
  onTestFinished(() => server.stop());
  await server.migrate();
  const saas = await startSaas();
  onTestFinished(() => saas.stop());
  const root = await server.admin();
  await root.query('CREATE DATABASE "SOPHIA_AI" OWNER pipeline');
  await root.end();
  const inWarehouse = async () => {
    const client = new pg.Client({ ...server.as("pipeline"), database: "SOPHIA_AI" });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const warehouse = await inWarehouse();
  await warehouse.query('CREATE SCHEMA "STAGING"');
  const said: string[] = [];
  const trouble: Trouble = { down: false, failAfter: Number.POSITIVE_INFINITY };
  const backlogs = mkdtempSync(join(tmpdir(), "backlogs-"));
  onTestFinished(() => rmSync(backlogs, { recursive: true }));
  const plane = createPlane({
    hubspotUrl: saas.hubspotUrl,
    slackUrl: saas.slackUrl,
    openWarehouse: spokenTo(inWarehouse, trouble),
    backlogs,
    poll: 0.05,
    review: 0.2,
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
  const engines: [Engine, string, Specs][] = [];
  const publish = async (task: string, specs: Specs) => {
    const engine = new Engine(estuary, `${prefix}/${task}`);
    engines.push([engine, task, specs]);
    const { outcome } = await engine.up(specs, { timing });
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
  await publish("materialize-snowflake", snowflakeMaterialization(prefix, someWarehouse("0s")));

  const places = (stream: Carried) =>
    [
      [staging, `${stream}_staging`, (column: string) => column],
      [warehouse, `"STAGING".${warehouseIdentifier(`${stream}_staging`)}`, warehouseIdentifier],
    ] as const;
  /** What is wrong with a stream in both places: the number of its rows, and keys that are there twice. */
  const wrong = async (stream: Carried, rows: number): Promise<string | undefined> => {
    const keys = stream === "slack_messages" ? ["channel_id", "ts"] : ["id"];
    for (const [client, table, spelt] of places(stream)) {
      const key = `(${keys.map(spelt).join(", ")})`;
      const { rows: found } = await client.query(
        `SELECT count(*)::int AS rows, count(DISTINCT ${key})::int AS keys FROM ${table}`,
      );
      if (found[0].rows !== rows || found[0].keys !== rows) return `${table}: ${JSON.stringify(found[0])}`;
    }
    return undefined;
  };
  for (const [stream, rows] of Object.entries(seeded)) {
    await waitFor({ what: `${rows} rows of ${stream}`, deadline: 120, interval: 0.1 }, async () => {
      const fault = await wrong(stream as Carried, rows).catch((error: unknown) => {
        if (error instanceof pg.DatabaseError && error.code === "42P01") return "a table is not there";
        throw error;
      });
      return fault === undefined ? true : notYet(`${fault}; ${said.at(-1)}`);
    });
  }
  return { server, saas, staging, warehouse, trouble, estuary, engines, said, wrong };
}
export type Flow = Awaited<ReturnType<typeof startFlow>>;
