import { expect, test } from "vitest";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { replication, streamNames, tableOf } from "../../../../data/estuary/spec/streams.ts";
import { warehouseIdentifier } from "../../../../data/quality/warehouse/identifiers.ts";
import { holding } from "../../../support/pipeline/alerts.ts";
import { checksOf, never } from "./support/checks.ts";
import { addRecords } from "./support/faults.ts";
import { seeded, startFlow, timing } from "./support/flow.ts";

test("P5 a warehouse that is down for longer than the slot keeps WAL: an alert before and after, and the runbook's steps make everything right", async () => {
  const flow = await startFlow();
  const { saas, staging, warehouse, trouble, engines, said, wrong } = flow;
  const { look, close } = checksOf(flow);
  const alerts = async () => holding(await look(), never);
  const slotStatus = async () =>
    (await staging.query("SELECT wal_status FROM pg_replication_slots")).rows[0]?.wal_status;
  /** Another segment of WAL is full. */
  const write = async () => {
    await staging.query("SELECT pg_logical_emit_message(false, 'a test', 'text')");
    await staging.query("SELECT pg_switch_wal()");
    await staging.query("CHECKPOINT");
  };
  const filling = `PipelineSlotFillsUp ${replication.slot}`;
  expect(await alerts()).toEqual([]);

  Object.assign(trouble, { down: true });
  const rows = { ...seeded };
  rows.hubspot_contacts += await addRecords(flow, "hubspot_contacts");
  rows.slack_messages += await addRecords(flow, "slack_messages");
  const { deleted } = await saas.order("hubspot", "change", { object: "contacts", delete: 5 });
  rows.hubspot_contacts -= (deleted as number[]).length;
  await staging.query("ALTER SYSTEM SET max_slot_wal_keep_size = '96MB'");
  await staging.query("SELECT pg_reload_conf()");
  await waitFor({ what: "an alert while nothing is lost", deadline: 120, interval: 0.1 }, async () => {
    await write();
    expect(await slotStatus()).not.toBe("lost");
    const fired = await alerts();
    return fired.includes(filling) ? true : notYet(fired.join(", "));
  });
  await waitFor({ what: "the slot to be lost", deadline: 120, interval: 0.1 }, async () => {
    await write();
    const status = await slotStatus();
    return status === "lost" ? true : notYet(String(status));
  });
  expect(await alerts()).toEqual(
    expect.arrayContaining([filling, "PipelineTaskFailed materialize-snowflake"]),
  );

  // The warehouse alone is not enough: what it lacks is nowhere in the WAL.
  Object.assign(trouble, { down: false });
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
  await waitFor({ what: "everything to be right", deadline: 120, interval: 0.1 }, async () => {
    const fired = await alerts();
    const faults = [
      await wrong("hubspot_contacts", rows.hubspot_contacts),
      await wrong("slack_messages", rows.slack_messages),
    ].filter((fault) => fault !== undefined);
    return fired.length + faults.length === 0 || notYet(JSON.stringify({ fired, faults, said: said.at(-1) }));
  });
  await close();
  for (const client of [staging, warehouse]) await client.end();
}, 600_000);
