import { expect, test } from "vitest";
import { replication, streamNames, tableOf } from "../../../../data/estuary/spec/streams.ts";
import { startFlow } from "./support/flow.ts";

test("P1 what the program publishes runs: both sources into staging, and all of it into the warehouse, and it ends", async () => {
  const { staging, estuary, engines, warehouse } = await startFlow();
  const { rows: columns } = await staging.query(
    "SELECT column_name FROM information_schema.columns WHERE table_name = 'hubspot_contacts_staging'",
  );
  const names = columns.map(({ column_name }) => column_name);
  expect(names).toEqual(expect.arrayContaining(["id", "properties/email", "_loaded_at"]));
  for (const name of ["flow_document", "_meta"]) expect(names).not.toContain(name);
  const { rows: captured } = await staging.query("SELECT tablename FROM pg_publication_tables ORDER BY 1");
  expect(captured.map(({ tablename }) => tablename)).toEqual(
    expect.arrayContaining(streamNames.map(tableOf)),
  );
  const slots = async () =>
    (await staging.query("SELECT slot_name FROM pg_replication_slots")).rows.map(
      ({ slot_name }) => slot_name,
    );
  expect(await slots()).toEqual([replication.slot]);

  for (const [engine, task] of engines.reverse()) expect((await engine.destroy()).outcome, task).toBe("done");
  expect(estuary.control.store.state.live).toEqual({});
  // As at Estuary, the slot stays: dropping it is a step of its own.
  expect(await slots()).toEqual([replication.slot]);
  for (const client of [staging, warehouse]) await client.end();
});
