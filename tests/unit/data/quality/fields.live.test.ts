import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { streamChecks } from "../../../../data/quality/checks/streams.ts";
import { holding } from "../../../support/pipeline/alerts.ts";
import { connected } from "../../../support/servers/databases/pipeline.ts";
import { openStage, type Stage, signal } from "./stage.ts";

const streams = streamChecks.filter(({ stream }) => ["hubspot_contacts", "slack_messages"].includes(stream));

describe("P3 P5 what the checks see of HubSpot's and Slack's fields, in tables as Estuary makes them", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  }, 600_000);
  afterAll(() => stage?.close());

  const asEstuary = (work: (client: pg.Client) => Promise<unknown>) =>
    connected(stage.server, "flow_materialize", work);
  const run = (sql: string) => asEstuary((client) => client.query(sql));
  beforeEach(async () => {
    await stage.admin.query("TRUNCATE stream_fields, error_logs");
    await run(`
      DROP TABLE IF EXISTS hubspot_contacts_staging, slack_messages_staging;
      CREATE TABLE hubspot_contacts_staging (id bigint PRIMARY KEY, "createdAt" timestamptz, properties json,
        _loaded_at timestamptz NOT NULL);
      CREATE TABLE slack_messages_staging (channel_id text, ts text, "user" text, blocks json,
        _loaded_at timestamptz NOT NULL, PRIMARY KEY (channel_id, ts))`);
  });
  /** Contacts that were made so many hours ago, with these properties, loaded now. */
  const contacts = (from: number, to: number, properties: object, hours = 1) =>
    run(
      `INSERT INTO hubspot_contacts_staging SELECT i, now() - interval '${hours} hours', '${JSON.stringify(properties)}', clock_timestamp()
         FROM generate_series(${from}, ${to}) i`,
    );
  const messages = (from: number, to: number, blocks: string) =>
    run(
      `INSERT INTO slack_messages_staging SELECT 'C1', i || '.000001', 'U1', '${blocks}', clock_timestamp()
         FROM generate_series(${from}, ${to}) i`,
    );
  const look = async () => {
    const measured = await stage.meterOf({ streams, warehouse: undefined }).run(signal);
    return holding(measured).filter((alert) => alert.startsWith("PipelineField"));
  };
  const logged = async () =>
    (await stage.admin.query("SELECT key, reason FROM error_logs")).rows
      .map(({ key, reason }) => `${key}: ${reason}`)
      .sort();

  test("a message with U+0000 in its blocks stops no check, and those beside it are looked at", async () => {
    await messages(1, 30, "[]");
    expect(await look()).toEqual([]);
    await messages(31, 31, '["\\u0000"]');
    await run(`INSERT INTO slack_messages_staging SELECT 'C1', i || '.000001', NULL, '[]', clock_timestamp()
                 FROM generate_series(41, 60) i`);
    expect(await look()).toEqual(["PipelineFieldGone slack_messages"]);
    expect(await logged()).toEqual(["user: field no longer sent"]);
  });

  test.each([
    ["properties", "boolean USING true"],
    ["createdAt", "text USING 'some day'"],
  ])("the column %s, by which records are read, is told of when it changes or goes", async (name, type) => {
    await contacts(1, 30, { email: "a" });
    expect(await look()).toEqual([]);
    await run(`ALTER TABLE hubspot_contacts_staging ALTER COLUMN "${name}" TYPE ${type};
               UPDATE hubspot_contacts_staging SET _loaded_at = clock_timestamp()`);
    expect(await look()).toEqual(["PipelineFieldChanged hubspot_contacts"]);
    await run(`ALTER TABLE hubspot_contacts_staging DROP COLUMN "${name}"`);
    await look();
    expect(await logged()).toEqual([
      `column ${name}: field no longer sent`,
      `column ${name}: field of another form`,
    ]);
  });

  test("a column of Slack's that goes is told of once, however many messages come without it", async () => {
    await messages(1, 30, "[]");
    await look();
    await run('ALTER TABLE slack_messages_staging DROP COLUMN "user"');
    await run(`INSERT INTO slack_messages_staging SELECT 'C1', i || '.000001', '[]', clock_timestamp()
                 FROM generate_series(31, 90) i`);
    expect(await look()).toEqual(["PipelineFieldGone slack_messages"]);
    await run(`INSERT INTO slack_messages_staging SELECT 'C1', i || '.000001', '[]', clock_timestamp()
                 FROM generate_series(91, 150) i`);
    await look();
    expect(await logged()).toEqual(["column user: field no longer sent"]);
  });

  test("new records are looked at first when the daily refresh loads all others with them", async () => {
    await contacts(1, 3000, { email: "a", company: "b" }, 9);
    expect(await look()).toEqual([]);
    await run("UPDATE hubspot_contacts_staging SET _loaded_at = clock_timestamp()");
    await contacts(3001, 3030, { email: "a" });
    expect(await look()).toEqual(["PipelineFieldGone hubspot_contacts"]);
    expect(await logged()).toEqual(["properties/company: field no longer sent"]);
  });
});
