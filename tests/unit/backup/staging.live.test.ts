import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { shellBlock } from "../../support/backupPage.ts";
import { type Stage, startStage } from "./stage.ts";

let stage: Stage;
let admin: pg.Client;
beforeAll(async () => {
  stage = await startStage();
  admin = await stage.server.admin("sophia_staging");
  await admin.query(filled);
  // What Estuary's capture would follow, which begins before all that is read back.
  await admin.query("SELECT pg_create_logical_replication_slot('flow_slot', 'pgoutput')");
}, 900_000);
afterAll(async () => {
  await admin?.end();
  await stage?.stop();
});

/** Rows of Gong's extractor, and the tables that Estuary makes, with its position. */
const filled = `
  INSERT INTO gong_calls_staging (call_id, title, is_private, crm_context, _run_id, _extracted_at, _row_hash)
    SELECT 'call-' || n, 'Call ' || n, n % 5 = 0, '[{"objects": [{"objectType": "Deal", "objectId": "deal"}]}]',
      gen_random_uuid(), now(), '\\x00' FROM generate_series(1, 500) n;
  INSERT INTO pipeline_state (source, stream, cursor) VALUES ('gong', 'calls', '"as of the backup"');
  INSERT INTO error_logs (source, stream, reason) SELECT 'gong', 'calls', 'rejected' FROM generate_series(1, 7);
  SET ROLE flow_materialize;
  CREATE TABLE hubspot_contacts_staging (id text PRIMARY KEY, properties json);
  INSERT INTO hubspot_contacts_staging SELECT n, '{"a": 1}' FROM generate_series(1, 50) n;
  CREATE TABLE flow_checkpoints_v1 (materialization text PRIMARY KEY, fence bigint, checkpoint text);
  INSERT INTO flow_checkpoints_v1 VALUES ('lab/materialize-postgres', 1, 'as of the backup');
  RESET ROLE;
  ALTER PUBLICATION flow_publication ADD TABLE hubspot_contacts_staging`;

const changed = `
  UPDATE gong_calls_staging SET title = 'overwritten' WHERE call_id < 'call-3';
  DELETE FROM gong_calls_staging WHERE call_id > 'call-4';
  INSERT INTO gong_calls_staging (call_id, _run_id, _extracted_at, _row_hash)
    VALUES ('later', gen_random_uuid(), now(), '\\x00');
  UPDATE pipeline_state SET cursor = '"later"';
  INSERT INTO error_logs (source, stream, reason) VALUES ('gong', 'calls', 'later');
  INSERT INTO hubspot_contacts_staging VALUES ('later', '{}');
  UPDATE flow_checkpoints_v1 SET checkpoint = 'later'`;

/** All of the database but the order of its rows. */
const whole = () =>
  stage
    .asSuperuser("pg_dump sophia_staging")
    .replaceAll(/^\\(un)?restrict .*$/gm, "")
    .split("\n")
    .sort();

/** What the slot has for Estuary's capture: keys of rows by what became of them. @throws where it cannot go on */
async function captured(): Promise<Record<"deleted" | "inserted", number>> {
  const { rows } = await admin.query<{ kind: string; count: string }>(
    `SELECT chr(get_byte(data, 0)) AS kind, count(*) FROM pg_logical_slot_get_binary_changes('flow_slot', NULL, NULL,
       'proto_version', '1', 'publication_names', 'flow_publication') GROUP BY 1`,
  );
  const count = (wanted: string) => Number(rows.find(({ kind }) => kind === wanted)?.count ?? 0);
  return { deleted: count("D"), inserted: count("I") };
}

const page = `${shellBlock("pg_restore --clean")}\n${shellBlock("pg_restore --data-only")}`;
const dump = () => join(stage.folder, "here/sophia_staging.dump");

describe("staging, read back while Estuary captures it, by the runbook's commands", () => {
  test("D4 it is as it was, and the capture goes on, with each row that went and came", async () => {
    const before = whole();
    expect(stage.backup()).toMatchObject({ failed: undefined });
    await admin.query(changed);
    expect(await captured()).toMatchObject({ deleted: expect.any(Number) });
    expect(whole()).not.toEqual(before);
    const writer = await stage.connected("flow_materialize", "sophia_staging");
    const shutOut = new Promise((done) => void writer.on("error", done));

    stage.fetch();
    stage.byThePage(shellBlock("cronjob/backup-fetch"));
    const rows =
      "SELECT (SELECT count(*) FROM gong_calls_staging) + (SELECT count(*) FROM hubspot_contacts_staging) AS n";
    const { n } = (await admin.query<{ n: string }>(rows)).rows[0] ?? { n: "" };
    expect(stage.byThePage(page)).not.toContain("failed");

    expect(whole()).toEqual(before);
    expect(await captured()).toEqual({ deleted: Number(n), inserted: 550 });
    // It would write its own position over that of the backup.
    await shutOut;
  });

  test("D4 a dump that is not whole, or of other tables, changes nothing", async () => {
    await admin.query(changed);
    const before = whole();
    const text = readFileSync(dump());
    writeFileSync(dump(), text.subarray(0, text.length / 2));
    expect(stage.byThePage(page)).toContain("sophia_staging failed");
    expect(whole()).toEqual(before);
    writeFileSync(dump(), text);
    await admin.query("ALTER TABLE hubspot_contacts_staging RENAME TO another");
    const renamed = whole();
    expect(stage.byThePage(page)).toContain("sophia_staging failed");
    expect(whole()).toEqual(renamed);
  });
});
