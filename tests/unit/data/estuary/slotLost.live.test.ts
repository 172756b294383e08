import { expect, test } from "vitest";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { replication, streamNames, tableOf } from "../../../../data/estuary/spec/streams.ts";
import { warehouseIdentifier } from "../../../../data/quality/warehouse/identifiers.ts";
import { holding } from "../../../support/pipeline/alerts.ts";
import { checksOf, never } from "./support/checks.ts";
import { addRecords } from "./support/faults.ts";
import { seeded, startFlow, timing } from "./support/flow.ts";

test("P5 a warehouse that is down for longer than the slot keeps WAL recovers by itself; where Estuary cannot read for as long, the runbook's steps make everything right", async () => {
  const flow = await startFlow();
  const { saas, staging, warehouse, trouble, engines, said, wrong } = flow;
  const { look, close } = checksOf(flow);
  const alerts = async () => holding(await look(), never);
  const slot = async () =>
    (
      await staging.query(
        "SELECT wal_status, confirmed_flush_lsn >= pg_current_wal_lsn() AS follows FROM pg_replication_slots",
      )
    ).rows[0];
  /** Another segment of WAL is full. */
  const write = async () => {
    await staging.query("SELECT pg_logical_emit_message(false, 'a test', 'text')");
    await staging.query("SELECT pg_switch_wal()");
    await staging.query("CHECKPOINT");
  };
  const filling = `PipelineSlotFillsUp ${replication.slot}`;
  const rows = { ...seeded };
  const change = async () => {
    rows.hubspot_contacts += await addRecords(flow, "hubspot_contacts");
    rows.slack_messages += await addRecords(flow, "slack_messages");
    const { deleted } = await saas.order("hubspot", "change", { object: "contacts", delete: 5 });
    rows.hubspot_contacts -= (deleted as number[]).length;
  };
  const right = () =>
    waitFor({ what: "everything to be right", deadline: 120, interval: 0.1 }, async () => {
      const fired = await alerts();
      const faults = [
        await wrong("hubspot_contacts", rows.hubspot_contacts),
        await wrong("slack_messages", rows.slack_messages),
      ].filter((fault) => fault !== undefined);
      return (
        fired.length + faults.length === 0 || notYet(JSON.stringify({ fired, faults, said: said.at(-1) }))
      );
    });
  await staging.query("ALTER SYSTEM SET max_slot_wal_keep_size = '96MB'");
  await staging.query("SELECT pg_reload_conf()");
  expect(await alerts()).toEqual([]);

  Object.assign(trouble, { down: true });
  await change();
  await waitFor({ what: "the alert", deadline: 120, interval: 0.1 }, async () => {
    const fired = await alerts();
    return fired.includes("PipelineTaskFailed materialize-snowflake") || notYet(fired.join(", "));
  });
  for (let segment = 0; segment < 8; segment += 1) {
    await write();
    await waitFor({ what: "Estuary to read on", deadline: 120, interval: 0.1 }, async () => {
      const { follows, wal_status } = await slot();
      return follows || notYet(`${wal_status}; ${said.at(-1)}`);
    });
  }
  await change();
  expect(await alerts()).not.toContain(filling);
  Object.assign(trouble, { down: false });
  await right();

  await staging.query("ALTER ROLE flow_capture NOLOGIN");
  await staging.query("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots");
  await change();
  await waitFor({ what: "an alert while nothing is lost", deadline: 120, interval: 0.1 }, async () => {
    await write();
    expect((await slot()).wal_status).not.toBe("lost");
    const fired = await alerts();
    return fired.includes(filling) ? true : notYet(fired.join(", "));
  });
  await waitFor({ what: "the slot to be lost", deadline: 120, interval: 0.1 }, async () => {
    await write();
    const { wal_status } = await slot();
    return wal_status === "lost" ? true : notYet(String(wal_status));
  });
  expect(await alerts()).toEqual(expect.arrayContaining([filling, "PipelineTaskFailed source-postgres"]));

  // The login alone is not enough: what was not read is nowhere in the WAL.
  await staging.query("ALTER ROLE flow_capture LOGIN");
  await waitFor({ what: "the capture to say what is lost", deadline: 120, interval: 0.1 }, async () => {
    const { statuses } = await look();
    const found = statuses.find(({ stream }) => stream === "hubspot_contacts")?.message ?? "";
    return /source-postgres .*raise the backfill counter/.test(found) || notYet(`${found}; ${said.at(-1)}`);
  });
  expect(await alerts()).toEqual(expect.arrayContaining([filling, "PipelineTaskFailed source-postgres"]));
  expect(await wrong("hubspot_contacts", rows.hubspot_contacts)).toContain('"STAGING"');

  // The runbook: estuary-again.md, "A new warehouse".
  await staging.query("SELECT pg_drop_replication_slot($1)", [replication.slot]);
  const replaced = engines.filter(([, task]) => ["source-postgres", "materialize-snowflake"].includes(task));
  expect(replaced).toHaveLength(2);
  for (const stream of streamNames)
    await warehouse.query(`DROP TABLE "STAGING".${warehouseIdentifier(tableOf(stream))}`);
  for (const [engine, task] of replaced.toReversed())
    expect((await engine.destroy()).outcome, task).toBe("done");
  for (const [engine, task, specs] of replaced)
    expect((await engine.up(specs, { timing })).outcome, task).toBe("done");
  await right();
  await close();
  for (const client of [staging, warehouse]) await client.end();
}, 600_000);
