import { expect, test } from "vitest";
import { notYet, waitFor } from "../../../../../components/core/wait.ts";
import { catalog } from "../../../../support/pipeline/specs.ts";
import { replicationStage } from "./replicationStage.ts";

const { stage, newPlane, first, there, same, failing } = replicationStage();

test("P5 the warehouse breaks at every statement: nothing is lost, nothing is twice", async () => {
  stage.plane.apply(stage.specs);
  await same();
  for (let statements = 1; statements <= 20; statements++) {
    stage.warehouse.trouble.failAfter = statements;
    await stage.source.query(`
      INSERT INTO people VALUES (${1000 + statements}, 'x');
      UPDATE people SET name = 'round ${statements}' WHERE id < 20; DELETE FROM people WHERE id = ${20 + statements}`);
    await same();
  }
  expect(stage.plane.status(catalog.warehouse).failures).toBeGreaterThan(5);
});

test("P5 PostgreSQL crashes while it is read and while it is followed", async () => {
  stage.plane.apply(stage.specs);
  await there(`SELECT count(*) > 100 FROM "STAGING"."CALLS"`, true);
  await stage.server.crash();
  await stage.server.start();
  stage.source = await stage.server.admin("sophia_staging");
  stage.warehouse.admin = await stage.server.admin("SOPHIA_AI");
  for (const client of [stage.source, stage.warehouse.admin]) client.on("error", () => {});
  await stage.source.query(
    "UPDATE calls SET title = 'after the crash' WHERE duration_s < 50; DELETE FROM people WHERE id < 5",
  );
  await same();
});

test.each([
  ["lost", "SELECT pg_switch_wal(); CREATE TABLE IF NOT EXISTS w AS SELECT 1; DROP TABLE w;"],
  ["gone", ""],
])("P5 a slot that is %s is said, and raised backfill counters make everything right", async (how, write) => {
  stage.plane.apply(stage.specs);
  await same();
  await stage.plane.close();
  await stage.source.query(
    "DELETE FROM people WHERE id < 10; UPDATE people SET name = 'unseen' WHERE id = 11",
  );
  if (how === "gone") await stage.source.query("SELECT pg_drop_replication_slot('flow_slot')");
  else {
    await stage.source.query("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
    await stage.source.query("SELECT pg_reload_conf()");
    await waitFor({ what: "the slot to be lost", deadline: 120, interval: 0.1 }, async () => {
      for (const statement of `${write}CHECKPOINT`.split(";")) await stage.source.query(statement);
      const status = await first(stage.source, "SELECT wal_status FROM pg_replication_slots");
      return status === "lost" ? true : notYet(String(status));
    });
    await stage.source.query("ALTER SYSTEM RESET max_slot_wal_keep_size");
    await stage.source.query("SELECT pg_reload_conf()");
  }
  stage.plane = newPlane();
  stage.plane.apply(stage.specs);
  await failing(/slot flow_slot .*raise the backfill counter/);
  const again = structuredClone(stage.specs);
  for (const { bindings } of [...Object.values(again.captures), ...Object.values(again.materializations)]) {
    for (const binding of bindings) binding.backfill = 1;
  }
  stage.plane.apply(again);
  await same();
  await stage.source.query("INSERT INTO people VALUES (3000, 'after')");
  await same();
});

test("P5 a truncated table and an unpublished one are said", async () => {
  stage.plane.apply(stage.specs);
  await same();
  await stage.source.query("TRUNCATE people");
  await failing(/public.people was truncated/);
  const again = structuredClone(stage.specs);
  for (const { bindings } of [...Object.values(again.captures), ...Object.values(again.materializations)]) {
    const [, people] = bindings;
    if (people) people.backfill = 1;
  }
  stage.plane.apply(again);
  await same();
  await stage.source.query("ALTER PUBLICATION flow_publication DROP TABLE people");
  await stage.plane.close();
  stage.plane = newPlane();
  stage.plane.apply(again);
  await failing(/flow_publication lacks public.people/);
});

test("P1 a table with a column _meta, which the connector adds to each row, is not captured, and said", async () => {
  await stage.source.query("ALTER TABLE people ADD COLUMN _meta json");
  stage.plane.apply(stage.specs);
  await failing(/table public\.people has a column _meta, and the connector adds one of that name/);
  await stage.source.query("ALTER TABLE people DROP COLUMN _meta");
  await same();
});
