import { expect, test } from "vitest";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { replication } from "../../../../data/estuary/spec/streams.ts";
import { publishTables } from "../../../../data/migrations/publish.ts";
import { estuaryAgain } from "../../../support/pipeline/runbook.ts";
import { type Carried, seeded, startFlow, timing } from "./support/flow.ts";

test("P1 a pipeline that was removed at Estuary comes back: refused by name while its tables are there, whole after the runbook's statements", async () => {
  const { staging, warehouse, engines, said, wrong } = await startFlow();
  const statements = estuaryAgain();
  for (const [engine, task] of engines.toReversed()) {
    expect((await engine.destroy()).outcome, task).toBe("done");
  }
  // As the resource ReplicationSlot does.
  await staging.query("SELECT pg_drop_replication_slot($1)", [replication.slot]);

  const up = async (name: string) => {
    const [engine, , specs] = engines.find(([, task]) => task === name) ?? [];
    if (!engine || !specs) throw new Error(`${name} was not published`);
    return String((await engine.up(specs, { timing })).outcome);
  };
  const refused = async (name: string, ...tables: string[]) => {
    const outcome = await up(name);
    for (const table of tables) expect(outcome).toContain(`${table}] already exists for new binding`);
    expect(outcome).toContain("docs/runbooks/pipeline/estuary-again.md");
  };
  for (const task of ["source-hubspot", "source-slack"]) expect(await up(task)).toBe("done");
  await refused("materialize-postgres", "[public hubspot_contacts_staging", "[public slack_messages_staging");
  await staging.query(statements.staging);
  expect(await up("materialize-postgres")).toBe("done");
  await waitFor({ what: "Estuary's tables", deadline: 120, interval: 0.1 }, async () => {
    const { missing } = await publishTables(staging);
    return missing.length === 0 ? true : notYet(`${missing} are missing; ${said.at(-1)}`);
  });
  expect(await up("source-postgres")).toBe("done");
  await refused("materialize-snowflake", "[STAGING hubspot_contacts_staging", "[STAGING gong_calls_staging");
  // PostgreSQL stands in for the warehouse, and would fold the names to small letters.
  await warehouse.query(statements.warehouse.replaceAll(/SOPHIA_AI\.STAGING\.(\w+)/g, '"STAGING"."$1"'));
  expect(await up("materialize-snowflake")).toBe("done");
  for (const [stream, rows] of Object.entries(seeded)) {
    await waitFor({ what: `${rows} rows of ${stream}`, deadline: 120, interval: 0.1 }, async () => {
      const fault = await wrong(stream as Carried, rows).catch((error: Error) => error.message);
      return fault === undefined || notYet(`${fault}; ${said.at(-1)}`);
    });
  }
  for (const client of [staging, warehouse]) await client.end();
}, 600_000);
