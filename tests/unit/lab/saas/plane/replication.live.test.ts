import { expect, test } from "vitest";
import { catalog } from "../../../../support/pipeline/specs.ts";
import { replicationStage } from "./replicationStage.ts";

const { stage, first, there, same, failing } = replicationStage();

test("P1 rows that are there, then inserts, updates and deletes are the same in the warehouse", async () => {
  stage.plane.apply(stage.specs);
  await same();
  await stage.source.query(`
    INSERT INTO calls (call_id, title) VALUES ('new', E'tab\\tand\\nline');
    UPDATE calls SET title = 'changed', note = NULL WHERE duration_s <= 10;
    UPDATE calls SET call_id = 'renamed' WHERE call_id = 'call-20';
    DELETE FROM calls WHERE duration_s BETWEEN 30 AND 40;
    DELETE FROM people WHERE id = 7; INSERT INTO people VALUES (7, 'again'), (999, 'new')`);
  await same();
  expect(
    await first(
      stage.warehouse.admin,
      `SELECT "RAW"::text FROM "STAGING"."CALLS" WHERE "CALL_ID" = 'call-1'`,
    ),
  ).toContain("12345678901234567890");
  await there(`SELECT "_meta~1op" || "_meta/op" FROM "STAGING"."CALLS" WHERE "CALL_ID" = 'call-1'`, "uu");
  expect(stage.plane.status(catalog.postgres).state).toBe("running");
});

test("P3 a large value that did not change stays in the warehouse", async () => {
  await stage.source.query(
    "UPDATE calls SET note = (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 600) n) WHERE duration_s < 5",
  );
  stage.plane.apply(stage.specs);
  await same();
  await stage.source.query("UPDATE calls SET title = 'short change' WHERE duration_s < 5");
  await stage.source.query("UPDATE calls SET title = 'and another', note = 'small' WHERE duration_s = 4");
  await same();
  await there(`SELECT length("NOTE") FROM "STAGING"."CALLS" WHERE "CALL_ID" = 'call-1'`, 19200);
});

test("P3 columns that are added and dropped are followed, and a changed type is refused by name", async () => {
  stage.plane.apply(stage.specs);
  await same();
  await stage.source.query(
    "ALTER TABLE people ADD COLUMN mood text; UPDATE people SET mood = 'fine' WHERE id = 3",
  );
  await there(`SELECT "MOOD" FROM "STAGING"."PEOPLE" WHERE "ID" = 3`, "fine");
  await stage.source.query("ALTER TABLE people DROP COLUMN mood; INSERT INTO people VALUES (2000, 'later')");
  await there(`SELECT "NAME" FROM "STAGING"."PEOPLE" WHERE "ID" = 2000`, "later");
  await stage.source.query(
    "ALTER TABLE people ALTER COLUMN name TYPE boolean USING true; INSERT INTO people VALUES (2001, false)",
  );
  await failing(/name was string and is now boolean/, catalog.warehouse);
  await stage.source.query(
    "ALTER TABLE people ALTER COLUMN name TYPE text; UPDATE people SET name = 'text again'",
  );
  await there(`SELECT count(*) FROM "STAGING"."PEOPLE" WHERE "NAME" = 'text again'`, 502);
});

test("P4 a transaction of 30,000 rows arrives whole, while others write", async () => {
  stage.plane.apply(stage.specs);
  const other = await stage.server.admin("sophia_staging");
  try {
    const big = stage.source.query("INSERT INTO people SELECT n, 'big' FROM generate_series(10001, 40000) n");
    for (let n = 0; n < 40; n++)
      await other.query(`UPDATE calls SET title = 'turn ${n}' WHERE duration_s % 40 = ${n}`);
    await big;
  } finally {
    await other.end();
  }
  await same();
});
