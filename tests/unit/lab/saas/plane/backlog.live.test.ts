import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { catalog } from "../../../../support/pipeline/specs.ts";
import { replicationStage } from "./replicationStage.ts";

const { stage, newPlane, first, eventually, same, failing } = replicationStage();

const follows = async () => {
  const here = await first(stage.source, "SELECT pg_current_wal_lsn()");
  await eventually(
    "the slot to follow",
    () => first(stage.source, `SELECT confirmed_flush_lsn >= '${here}' FROM pg_replication_slots`),
    true,
  );
};
/** More log than the slot may keep, each time less than would be lost before its reader says how far it is. */
const floods = async () => {
  for (let time = 0; time < 3; time++) {
    for (let segment = 0; segment < 2; segment++) {
      await stage.source.query("SELECT pg_logical_emit_message(false, 'a test', 'text')");
      await stage.source.query("SELECT pg_switch_wal()");
      await stage.source.query("CHECKPOINT");
    }
    await follows();
  }
};
const files = () => readdirSync(stage.backlogs).map((name) => join(stage.backlogs, name));
const change = (round: number) =>
  stage.source.query(`
    INSERT INTO people VALUES (${1000 + round}, 'round ${round}');
    UPDATE people SET name = 'round ${round}' WHERE id % 7 = ${round % 7};
    DELETE FROM people WHERE id = ${10 + round};
    UPDATE calls SET raw = '{"id": 1234567890123456789${round}}', title = 'round ${round}' WHERE duration_s < 20`);
const down = async (is: boolean) => {
  stage.warehouse.trouble.down = is;
  if (!is) return;
  await stage.source.query("UPDATE people SET name = 'meanwhile' WHERE id = 9");
  await failing(/down/, catalog.warehouse);
};
const raw = `SELECT "RAW"::jsonb->>'id' FROM "STAGING"."CALLS" WHERE "CALL_ID" = 'call-7'`;

test("P5 while the warehouse is down for longer than the slot keeps log, PostgreSQL may forget what was read; all of it comes afterwards", async () => {
  stage.plane.apply(stage.specs);
  await same();
  await change(0);
  stage.warehouse.trouble.down = true;
  await change(1);
  await failing(/down/, catalog.warehouse);
  await change(2);
  await floods();
  await change(3);
  await follows();
  expect(await first(stage.source, "SELECT wal_status FROM pg_replication_slots")).toBe("reserved");
  expect(stage.plane.status(catalog.postgres)).toMatchObject({ state: "running", failures: 0 });
  expect(
    stage.plane.status(catalog.warehouse).collections["t/postgres/public/people"]?.bytesBehind,
  ).toBeGreaterThan(0);
  expect(
    await first(stage.warehouse.admin, `SELECT count(*) FROM "STAGING"."PEOPLE" WHERE "ID" > 1001`),
  ).toBe("0");

  await down(false);
  await same();
  await eventually("the backlog to go", async () => files().length, 0);
  // A number that JavaScript cannot hold, from the file.
  expect(await first(stage.warehouse.admin, raw)).toBe("12345678901234567893");
  await change(4);
  await same();
});

test("P5 the warehouse and the plane break again and again while a backlog is delivered: nothing is lost, nothing is twice", async () => {
  stage.plane.apply(stage.specs);
  await same();
  await down(true);
  for (let round = 0; round < 30; round++) await change(round);
  await eventually("it to wait", async () => files().length, 1);
  // Ended in the middle of a line, and started while the warehouse is still down.
  await stage.plane.close();
  const [file = ""] = files();
  appendFileSync(file, readFileSync(file, "utf8").split("\n").at(-2)?.slice(0, 40) ?? "");
  stage.plane = newPlane();
  stage.plane.apply(stage.specs);
  await down(true);
  for (let round = 30; round < 35; round++) await change(round);
  await follows();
  for (let statements = 1; statements <= 15; statements++) {
    stage.warehouse.trouble.down = false;
    stage.warehouse.trouble.failAfter = statements;
    await change(35 + statements);
    await eventually("it to break", async () => stage.warehouse.trouble.failAfter > 1e6, true);
    stage.warehouse.trouble.down = statements % 3 === 0;
  }
  stage.warehouse.trouble.down = false;
  await same();
  await eventually("the backlog to go", async () => files().length, 0);
});

test("P5 tables that change, a table that is made anew, and tasks that are deleted while the warehouse is down", async () => {
  stage.plane.apply(stage.specs);
  await same();
  await down(true);
  await change(1);
  await stage.source.query("ALTER TABLE people ADD COLUMN age int; UPDATE people SET age = id WHERE id < 30");
  await follows();
  await stage.warehouse.admin.query(`DROP TABLE "STAGING"."CALLS"`);
  await change(2);
  await down(false);
  await same();
  const ages = "SELECT count(*), sum(age) FROM people WHERE age IS NOT NULL";
  const expected = (await stage.source.query(ages)).rows;
  const found = await stage.warehouse.admin.query(
    ages.replaceAll(/\bage\b/g, '"AGE"').replace("people", '"STAGING"."PEOPLE"'),
  );
  expect(found.rows.map((row) => Object.values(row).map(Number))).toEqual(
    expected.map((row) => Object.values(row).map(Number)),
  );

  // A deleted task leaves nothing that waits.
  await down(true);
  expect(files()).toHaveLength(1);
  stage.plane.apply({ captures: {}, collections: {}, materializations: {} });
  for (const task of [catalog.warehouse, catalog.postgres]) await stage.plane.delete(task);
  expect(files()).toEqual([]);
});
