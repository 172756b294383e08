import { expect, test } from "vitest";
import {
  calls as callsTable,
  crmEntities,
  users as usersTable,
} from "../../../../data/gong/staging/tables.ts";
import { probesOf } from "./probes.ts";
import { contents, history, runOnce, type ServedGong, type Staging, stage, statusOf } from "./stage.ts";

let staging: Staging;
let gong: ServedGong;
stage({ seed: 7, size: 230 }, (opened, served) => {
  [staging, gong] = [opened, served];
});

const { count } = probesOf(() => staging);

test("P1 a first run takes over every call, user and CRM object, with ids as they are", async () => {
  const { failure } = await runOnce(staging, gong);
  expect(failure).toBeUndefined();
  expect(await count("gong_calls_staging")).toBe(230);
  expect(await count("gong_users_staging")).toBe(5);
  expect(await count("gong_crm_entities_staging")).toBe(24);
  const id = gong.workspace.anyCall();
  const [call] = gong.workspace.calls({ callIds: [id] }, 0, 1).items;
  const { rows } = await staging.admin.query("SELECT * FROM gong_calls_staging WHERE call_id = $1", [id]);
  expect(rows[0]).toMatchObject({
    title: call?.metaData.title,
    duration_s: call?.metaData.duration,
    started_at: new Date(call?.metaData.started ?? 0),
    is_private: call?.metaData.isPrivate,
    parties: call?.parties,
    crm_context: call?.context,
    transcript: call?.transcript ?? null,
    raw: { metaData: call?.metaData, content: call?.content },
  });
  const big = await staging.admin.query(
    "SELECT object_id, fields FROM gong_crm_entities_staging WHERE object_type = 'Account' ORDER BY object_id LIMIT 1",
  );
  expect(big.rows[0].object_id).toBe("90071992547409930000");
  expect(big.rows[0].fields).toMatchObject({ name: expect.any(String), parent: null });
  expect((await history(staging)).map(({ stream, status, rejected }) => [stream, status, rejected])).toEqual([
    ["gong_users", "succeeded", 0],
    ["gong_calls", "succeeded", 0],
    ["gong_crm_entities", "succeeded", 0],
  ]);
  expect(await statusOf(staging, "gong_calls")).toMatchObject({ state: "ok", rows: "230" });
});

test("P1 a run that finds nothing new touches no row", async () => {
  await runOnce(staging, gong);
  const versions = async () =>
    (
      await staging.admin.query(
        `SELECT xmin::text, ctid::text FROM gong_calls_staging UNION ALL SELECT xmin::text, ctid::text
         FROM gong_users_staging UNION ALL SELECT xmin::text, ctid::text FROM gong_crm_entities_staging`,
      )
    ).rows;
  const before = await versions();
  expect((await runOnce(staging, gong)).failure).toBeUndefined();
  expect(await versions()).toEqual(before);
  const second = (await history(staging)).slice(3);
  expect(second.map(({ changed }) => changed)).toEqual([0, 0, 0]);
  expect(second.map(({ read }) => read > 0)).toEqual([true, true, true]);
});

test("P1 inserts, updates and deletes at Gong arrive, and what comes back is no longer deleted", async () => {
  await runOnce(staging, gong);
  const touched = gong.workspace.change({
    add: 3,
    update: 4,
    delete: ["7300000000000000000"],
    updateAccounts: 2,
  });
  gong.workspace.change({ addUsers: 1, updateUsers: 1 });
  await runOnce(staging, gong);
  expect(await count("gong_calls_staging WHERE _deleted_at IS NULL")).toBe(232);
  expect(await count("gong_calls_staging WHERE _deleted_at IS NOT NULL")).toBe(1);
  expect(await count("gong_calls_staging WHERE title LIKE '%(1)'")).toBe(4);
  expect(await count("gong_users_staging WHERE last_name LIKE '%-1'")).toBe(1);
  expect(await count("gong_crm_entities_staging WHERE fields->>'dealname' LIKE '%, 2'")).toBe(2);
  expect(touched.added).toHaveLength(3);
  const run = (await history(staging)).slice(3);
  // Three new, four changed, one deleted; and the calls of two companies, whose CRM objects are in their context.
  const calls = await count(
    `gong_calls_staging WHERE _run_id = (SELECT run_id FROM sync_history ORDER BY started_at DESC LIMIT 1)`,
  );
  expect(run.find(({ stream }) => stream === "gong_calls")?.changed).toBe(calls);
  expect((await statusOf(staging, "gong_calls")).rows).toBe("232");

  gong.workspace.seed({ seed: 7, size: 230 });
  await runOnce(staging, gong);
  expect(
    await count("gong_calls_staging WHERE call_id = '7300000000000000000' AND _deleted_at IS NULL"),
  ).toBe(1);
});

test("P1 what Gong changes within the look-back is read again when it is due, and not before", async () => {
  const plan = { overlap: 0, lookbackEvery: 86_400 };
  await runOnce(staging, gong, { plan });
  gong.workspace.change({ update: 2 });
  await runOnce(staging, gong, { plan });
  expect(await count("gong_calls_staging WHERE title LIKE '%(1)'")).toBe(0);
  const tomorrow = { now: () => Date.now() + 90_000_000, sleep: async () => undefined };
  await runOnce(staging, gong, { plan, clock: tomorrow });
  expect(await count("gong_calls_staging WHERE title LIKE '%(1)'")).toBe(2);
});

test("P1 calls that began after the lag are left to the next run", async () => {
  gong.workspace.change({ add: 2 });
  await runOnce(staging, gong, { plan: { lag: 300 } });
  expect(await count("gong_calls_staging")).toBe(230);
  await runOnce(staging, gong);
  expect(await count("gong_calls_staging")).toBe(232);
});

test("P1 an empty account is no fault", async () => {
  gong.workspace.seed({ size: 0 });
  expect((await runOnce(staging, gong)).failure).toBeUndefined();
  expect((await history(staging)).map(({ status }) => status)).toEqual([
    "succeeded",
    "succeeded",
    "succeeded",
  ]);
  expect(gong.journal.statuses["404"]).toBeGreaterThan(0);
});

test("P1 dense calls are read in windows that are cut to size", async () => {
  gong.workspace.seed({ seed: 3, size: 5000, days: 0.5, utterances: 1 });
  expect((await runOnce(staging, gong)).failure).toBeUndefined();
  expect(await count("gong_calls_staging")).toBe(5000);
  expect(await count("gong_calls_staging WHERE _deleted_at IS NOT NULL")).toBe(0);
  const { transcript } = Object.fromEntries(
    ["transcript", "extensive"].map((name) => [
      name,
      gong.journal.entries.filter(({ path }) => path.endsWith(name)).length,
    ]),
  );
  // One request a page, not one a call.
  expect(transcript).toBeLessThan(80);
});

test("S1 columns about people are marked as such, and no key or name is logged", async () => {
  const { logged } = await runOnce(staging, gong);
  for (const { name, columns } of [callsTable, usersTable, crmEntities]) {
    const { rows } = await staging.admin.query(
      `SELECT attname AS name, col_description(attrelid, attnum) AS comment FROM pg_attribute
       WHERE attrelid = $1::regclass AND attnum > 0`,
      [name],
    );
    const marked = rows.filter(({ comment }) => /^PII/.test(comment ?? "")).map((row) => row.name);
    expect(marked.sort()).toEqual(
      columns
        .filter(({ pii }) => pii)
        .map((column) => column.name)
        .sort(),
    );
  }
  const { rows } = await staging.admin.query("SELECT last_name, email FROM gong_users_staging");
  for (const secret of [
    ...Object.values(gong.keys),
    ...rows.flatMap(({ last_name, email }) => [last_name, email]),
  ])
    expect(logged.join()).not.toContain(secret);
});

test("P1 two extractors do not run the same stream at once", async () => {
  const client = await staging.loader();
  await client.query("SELECT pg_advisory_lock(hashtextextended('pipeline/gong/gong_calls', 0))");
  const { logged, failure } = await runOnce(staging, gong);
  await client.end();
  expect(failure).toBeUndefined();
  expect(logged.join()).toContain("another extractor holds the stream's lock");
  expect((await history(staging)).map(({ stream }) => stream)).toEqual(["gong_users"]);
  expect((await contents(staging)).calls).toEqual([]);
});
