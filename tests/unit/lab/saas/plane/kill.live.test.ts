import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { notYet, waitFor } from "../../../../../components/core/wait.ts";
import { type StreamName, tableOf } from "../../../../../data/estuary/spec/streams.ts";
import { warehouseIdentifier } from "../../../../../data/quality/warehouse/identifiers.ts";
import type { LiveSpecs } from "../../../../../lab/saas/estuary/plane/types.ts";
import { type Saas, startSaas } from "../../../../support/pipeline/saas.ts";
import { merged, stagingSpecs, stagingTable, warehouseSpecs } from "../../../../support/pipeline/specs.ts";
import { startWarehouse, type TestWarehouse } from "../../../../support/pipeline/warehouse.ts";
import { startPostgres, type TestPostgres } from "../../../../support/servers/databases/postgres.ts";

const program = join(import.meta.dirname, "../../../../support/pipeline/process.ts");
const names: StreamName[] = ["hubspot_contacts", "hubspot_deals", "slack_channels", "slack_messages"];

describe("the plane's process is killed", () => {
  let server: TestPostgres;
  let admin: pg.Client;
  let warehouse: TestWarehouse;
  let saas: Saas;
  let backlogs: string;
  const password = Math.random().toString(36).slice(2);

  beforeEach(async () => {
    backlogs = mkdtempSync(join(tmpdir(), "backlogs-"));
    server = await startPostgres({ wal_level: "logical" });
    const root = await server.admin();
    await root.query(`CREATE ROLE flow_capture LOGIN REPLICATION PASSWORD '${password}'`);
    await root.query(`CREATE ROLE flow_materialize LOGIN PASSWORD '${password}'`);
    await root.query(`CREATE ROLE warehouse LOGIN SUPERUSER PASSWORD '${password}'`);
    await root.query("CREATE DATABASE sophia_staging OWNER flow_materialize");
    await root.end();
    admin = await server.admin("sophia_staging");
    await admin.query(`
      CREATE TABLE flow_watermarks (slot text PRIMARY KEY, watermark text);
      GRANT ALL ON flow_watermarks TO flow_capture;
      ALTER DEFAULT PRIVILEGES FOR ROLE flow_materialize GRANT SELECT ON TABLES TO flow_capture;
      CREATE PUBLICATION flow_publication FOR TABLE flow_watermarks`);
    warehouse = await startWarehouse(server);
    saas = await startSaas({ hubspot: 1250, slack: 500 });
  });
  afterEach(async () => {
    await admin?.end();
    await warehouse?.admin.end();
    await saas?.stop();
    await server?.stop();
    rmSync(backlogs, { recursive: true });
  });

  const login = (user: string) => ({
    address: `${server.host}:${server.port}`,
    user,
    database: "sophia_staging",
    credentials: { auth_type: "UserPassword" as const, password },
  });
  const start = (specs: LiveSpecs) => {
    const child = spawn(process.execPath, [program], { stdio: ["pipe", "ignore", "ignore"] });
    const { host, port } = server;
    const reached = { host, port, user: "warehouse", password, database: "SOPHIA_AI" };
    child.stdin.end(
      JSON.stringify({
        specs,
        hubspotUrl: saas.hubspotUrl,
        slackUrl: saas.slackUrl,
        backlogs,
        warehouse: reached,
      }),
    );
    return child;
  };
  const countIn = async (client: pg.Client, table: string): Promise<number> => {
    const found = await client
      .query(`SELECT count(*) AS n FROM ${table}`)
      .catch(() => ({ rows: [{ n: -1 }] }));
    return Number(found.rows[0]?.n);
  };

  test("P5 at many moments, on both legs: nothing is lost, nothing is twice", async () => {
    const staging = stagingSpecs(login("flow_materialize"), saas.hubspotConfig, saas.slackConfig);
    const snowflake = {
      host: "znb04675.snowflakecomputing.com",
      database: "SOPHIA_AI",
      schema: "STAGING",
      timestamp_type: "TIMESTAMP_LTZ",
      hardDelete: true,
      credentials: { auth_type: "jwt" as const, user: "ESTUARY", private_key: "" },
      advanced: { no_flow_document: false },
    };
    const tables = Object.fromEntries(names.map((name) => [tableOf(name), stagingTable(name)]));
    const specs = merged(staging, warehouseSpecs(login("flow_capture"), snowflake, tables));
    let killed = 0;
    const live = async (until: () => Promise<boolean>, what: string) => {
      const child = start(specs);
      try {
        await waitFor({ what, deadline: 240, interval: 0.02 }, async () =>
          (await until()) ? true : notYet("not yet"),
        );
      } finally {
        child.kill("SIGKILL");
        if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
        killed += 1;
      }
    };
    // Killed while the tables fill, each time a little later.
    for (const least of [1, 300, 700]) {
      await live(
        async () => (await countIn(admin, "hubspot_contacts_staging")) >= least,
        `${least} contacts`,
      );
      await saas.order("hubspot", "change", { object: "contacts", create: 5, update: 30, delete: 2 });
      await saas.order("slack", "change", { post: 7 });
    }
    await live(async () => (await countIn(admin, "slack_messages_staging")) >= 521, "all messages");
    for (const name of names)
      await admin.query(`ALTER PUBLICATION flow_publication ADD TABLE ${tableOf(name)}`);
    for (const least of [1, 500]) {
      const filled = async () =>
        (await countIn(warehouse.admin, '"STAGING"."HUBSPOT_CONTACTS_STAGING"')) >= least;
      await live(filled, `${least} contacts in the warehouse`);
      await saas.order("hubspot", "change", { object: "deals", create: 5, update: 10, delete: 3 });
    }
    const { contacts, deals } = (await saas.order("hubspot", "state")) as { contacts: number; deals: number };
    const { messages } = (await saas.order("slack", "state")) as { messages: number };
    const expected = {
      hubspot_contacts: contacts,
      hubspot_deals: deals,
      slack_channels: 3,
      slack_messages: messages,
    };
    const equal = async () => {
      for (const [name, count] of Object.entries(expected)) {
        for (const [client, table] of [
          [admin, `${name}_staging`],
          [warehouse.admin, `"STAGING".${warehouseIdentifier(`${name}_staging`)}`],
        ] as const) {
          if ((await countIn(client, table)) !== count) return false;
        }
      }
      return true;
    };
    await live(equal, "both sides to be as the sources");
    expect(killed).toBe(7);
    // Not only as many: the same ones, and as they are now.
    const contents: Record<string, string[]> = {
      hubspot_contacts: ["id", "properties/jobtitle", "archived"],
      hubspot_deals: ["id", "properties/amount", "updatedAt"],
      slack_channels: ["id", "name"],
      slack_messages: ["channel_id", "ts", "text"],
    };
    for (const name of names) {
      const columns = contents[name] ?? [];
      const read = async (client: pg.Client, table: string, spelt: (column: string) => string) => {
        const list = columns.map((column) => `${spelt(column)}::text`).join(", ");
        const text = `SELECT concat_ws(' ', ${list}) AS row FROM ${table} ORDER BY 1`;
        return (await client.query(text)).rows.map(({ row }) => row);
      };
      const here = await read(admin, tableOf(name), (column) => `"${column}"`);
      const there = `"STAGING".${warehouseIdentifier(tableOf(name))}`;
      const spelt = (column: string) => warehouseIdentifier(column.replaceAll("/", "~1"));
      expect(await read(warehouse.admin, there, spelt)).toEqual(here);
    }
  }, 600_000);
});
