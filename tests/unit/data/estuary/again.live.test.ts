import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { replication } from "../../../../data/estuary/spec/streams.ts";
import { publishTables } from "../../../../data/migrations/publish.ts";
import { estuaryAgain } from "../../../support/pipeline/runbook.ts";
import { type Carried, seeded, startFlow, timing } from "./support/flow.ts";

/** Waits until nothing is wrong. A table may not be there yet. */
const untilRight = (what: string, wrong: () => Promise<string | undefined>) =>
  waitFor({ what, deadline: 120, interval: 0.1 }, async () => {
    const fault = await wrong().catch((error: Error) => error.message);
    return fault === undefined || notYet(fault);
  });

test("P1 a pipeline that was removed at Estuary comes back: refused by name while its tables are there, whole after the runbook's statements", async () => {
  const { saas, staging, warehouse, engines, said, wrong } = await startFlow();
  const statements = estuaryAgain();
  const addUsers = (ids: string[]) =>
    staging.query(
      `INSERT INTO gong_users_staging (user_id, email, _run_id, _extracted_at, _row_hash)
       SELECT id, 'before', gen_random_uuid(), now(), '' FROM unnest($1::text[]) AS id`,
      [ids],
    );
  const usersIn = async (client: typeof staging, table: string, ...columns: string[]) =>
    (await client.query({ text: `SELECT ${columns} FROM ${table} ORDER BY 1`, rowMode: "array" })).rows;
  /** Gong's users in staging and in the warehouse; undefined where they are the same. */
  const usersDiffer = async () => {
    const here = await usersIn(staging, "gong_users_staging", "user_id", "email");
    const there = await usersIn(warehouse, '"STAGING"."GONG_USERS_STAGING"', '"USER_ID"', '"EMAIL"');
    return isDeepStrictEqual(here, there) ? undefined : JSON.stringify({ here, there });
  };
  await addUsers(["1", "2", "3"]);
  await untilRight("Gong's users in the warehouse", usersDiffer);
  for (const [engine, task] of engines.toReversed()) {
    expect((await engine.destroy()).outcome, task).toBe("done");
  }
  // Left behind, as where an update could not reach PostgreSQL; without it: slotLost.live.test.ts.
  const { rows: slots } = await staging.query("SELECT slot_name FROM pg_replication_slots");
  expect(slots).toEqual([{ slot_name: replication.slot }]);
  // While nobody reads them the sources go on, and Gong's extractor does, too.
  await addUsers(["4"]);
  await staging.query("UPDATE gong_users_staging SET email = 'after' WHERE user_id = '2'");
  await staging.query("DELETE FROM gong_users_staging WHERE user_id = '3'");
  const rows = { ...seeded };
  await saas.order("hubspot", "change", { object: "contacts", create: 3 });
  rows.hubspot_contacts += 3;

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
  for (const [stream, count] of Object.entries(rows))
    await untilRight(`${count} rows of ${stream}`, () => wrong(stream as Carried, count));
  await untilRight("Gong's users in the new warehouse", usersDiffer);
  expect(await usersIn(staging, "gong_users_staging", "user_id", "email")).toEqual([
    ["1", "before"],
    ["2", "after"],
    ["4", "before"],
  ]);
  for (const client of [staging, warehouse]) await client.end();
}, 600_000);
