import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { probesOf } from "./probes.ts";
import { contents, history, killedStreams, runOnce, type ServedGong, type Staging, stage } from "./stage.ts";

let staging: Staging;
let gong: ServedGong;
stage({ seed: 11, size: 8, days: 2, users: 3, utterances: 2, pageSize: 4 }, (opened, served) => {
  [staging, gong] = [opened, served];
});

/**
 * Connections that end with a certain statement, as when the process is killed: nothing is sent any more, neither a
 * rollback nor a word to the history. Statements that `counted` matches are counted.
 */
function killing(at: number, when: "before" | "during", counted = /^/) {
  let statements = 0;
  let dead = false;
  const open: pg.Client[] = [];
  const die = () => {
    dead = true;
    for (const client of open)
      (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  };
  class Dying extends pg.Client {
    constructor(config?: string | pg.ClientConfig) {
      super(config);
      open.push(this);
    }
    // Whatever pg takes is passed on, as its overloads are many.
    override query = ((...given: unknown[]) => {
      const [asked] = given as [string | { text?: string }];
      if (counted.test(typeof asked === "string" ? asked : (asked.text ?? ""))) statements += 1;
      if (dead) throw new Error("killed");
      const send = pg.Client.prototype.query as (...all: unknown[]) => unknown;
      if (statements !== at) return send.apply(this, given);
      if (when === "before") {
        die();
        throw new Error("killed");
      }
      // Sent, and nobody is there any more when the answer comes: whether it was done is known to the server only.
      setImmediate(die);
      return send.apply(this, given);
    }) as unknown as pg.Client["query"];
  }
  return { Client: Dying as unknown as typeof pg.Client, reached: () => dead, count: () => statements };
}

/** Statements at which a run is killed at least. Its number differs from run to run: pages come at once that came apart. */
const least = 40;

/** Streams whose run does not say how it ended. */
const underWay = (runs: Awaited<ReturnType<typeof history>>) =>
  runs.filter(({ status }) => status === "running").map(({ stream }) => stream);

/** PostgreSQL notices that a client is gone when it next reads or writes; until then the client's locks are held. */
const { backendsGone } = probesOf(() => staging);

test("P5 killed at any statement, the next run completes it: nothing lost, nothing twice, and an alert tells of it", async () => {
  const kills = killing(-1, "before");
  await runOnce(staging, gong, { connect: () => staging.loader(kills.Client) });
  const whole = await contents(staging);
  expect(whole.calls).toHaveLength(8);
  const total = kills.count();
  expect(total).toBeGreaterThan(least);

  for (const when of ["before", "during"] as const) {
    let deaths = 0;
    let told = 0;
    for (let at = 1; at <= total; at += 1) {
      await staging.empty();
      const killed = killing(at, when);
      await runOnce(staging, gong, { connect: () => staging.loader(killed.Client) });
      if (!killed.reached()) continue;
      deaths += 1;
      await backendsGone();
      const half = await history(staging);
      const killedIn = underWay(half);
      const {
        rows: [state],
      } = await staging.admin.query("SELECT cursor FROM pipeline_state WHERE stream = 'gong_calls'");
      const stored = await contents(staging);
      // The cursor and the rows of a page are there together, or not at all.
      const window = state?.cursor.window;
      if (window)
        for (const id of window.seen)
          expect(stored.calls.map(({ row }) => (row as { call_id: string }).call_id)).toContain(id);
      else if (!state) expect(stored.calls).toEqual([]);

      const { failure } = await runOnce(staging, gong);
      expect(failure, `${when} statement ${at}`).toBeUndefined();
      expect(await contents(staging), `${when} statement ${at}`).toEqual(whole);
      const after = await history(staging);
      expect(underWay(after)).toEqual([]);
      expect(after.length).toBeGreaterThanOrEqual(half.length);
      // All but one that was killed before it began, or when all was stored.
      expect((await killedStreams(staging)).sort(), `${when} statement ${at}`).toEqual(killedIn.sort());
      if (killedIn.length > 0) told += 1;
    }
    expect(deaths, when).toBeGreaterThanOrEqual(least);
    expect(told, when).toBeGreaterThan(deaths / 2);
  }
}, 600_000);

test("P5 killed at any statement among changes, deletions and a poison record, the next run completes it as well", async () => {
  await runOnce(staging, gong);
  const before = ["gong_calls_staging", "gong_users_staging", "gong_crm_entities_staging", "pipeline_state"];
  await staging.admin.query(before.map((table) => `CREATE TABLE was_${table} AS TABLE ${table}`).join("; "));
  onTestFinished(async () => {
    await staging.admin.query(before.map((table) => `DROP TABLE was_${table}`).join("; "));
  });
  const restore = async () => {
    await staging.empty();
    await staging.admin.query(
      before.map((table) => `INSERT INTO ${table} SELECT * FROM was_${table}`).join("; "),
    );
  };
  const ids = gong.workspace.calls({}, 0, 8).items.map(({ metaData }) => metaData.id);
  gong.workspace.change({ update: ids.slice(0, 3), delete: ids.slice(3, 5), add: 2, updateAccounts: 1 });
  gong.workspace.change({ updateUsers: 1, addUsers: 1 });
  // PostgreSQL refuses it, so that its page is loaded again without it.
  const poison = { on: "calls", path: "metaData.duration", value: 3e9, ids: ids.slice(5, 6) };
  expect((await gong.command("schema", [poison])).status).toBe(200);

  await restore();
  const kills = killing(-1, "before");
  await runOnce(staging, gong, { connect: () => staging.loader(kills.Client) });
  const whole = await contents(staging);
  expect(whole.calls.map(({ deleted }) => deleted).filter(Boolean)).toHaveLength(2);
  expect(whole.calls).toHaveLength(10);
  expect(whole.errors).toHaveLength(1);
  const total = kills.count();
  expect(total).toBeGreaterThan(least);

  // At each once, as both would take minutes: before it is sent, and while it runs, by turns.
  let deaths = 0;
  for (let at = 1; at <= total; at += 1) {
    const when = at % 2 === 1 ? "before" : "during";
    await restore();
    const killed = killing(at, when);
    await runOnce(staging, gong, { connect: () => staging.loader(killed.Client) });
    if (!killed.reached()) continue;
    deaths += 1;
    await backendsGone();
    const killedIn = underWay(await history(staging));
    const { failure } = await runOnce(staging, gong);
    expect(failure, `${when} statement ${at}`).toBeUndefined();
    expect(await contents(staging), `${when} statement ${at}`).toEqual(whole);
    expect(underWay(await history(staging))).toEqual([]);
    expect((await killedStreams(staging)).sort(), `${when} statement ${at}`).toEqual(killedIn.sort());
  }
  expect(deaths).toBeGreaterThanOrEqual(least);
}, 600_000);

test("P5 the process itself, killed by SIGKILL among its pages, leaves what the next run goes on with", async () => {
  gong.workspace.seed({ seed: 11, size: 60, days: 2, users: 3, utterances: 2 });
  const folder = await mkdtemp(join(tmpdir(), "gong-kill-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { accessKey, accessKeySecret } = gong.keys;
  await writeFile(join(folder, "key"), accessKey, { mode: 0o600 });
  await writeFile(join(folder, "secret"), accessKeySecret, { mode: 0o600 });
  const main = join(import.meta.dirname, "../../../../data/main.ts");
  // It waits among its pages until it is killed.
  gong.faults.set([{ kind: "status", status: 429, retryAfter: 250, times: -1, after: 12 }]);
  const child = spawn(process.execPath, [main, "gong"], {
    stdio: "ignore",
    env: {
      ...process.env,
      ...staging.server.environment("gong_loader"),
      SOPHIA_GONG_API_URL: gong.url,
      SOPHIA_GONG_ACCESS_KEY_FILE: join(folder, "key"),
      SOPHIA_GONG_ACCESS_KEY_SECRET_FILE: join(folder, "secret"),
      SOPHIA_GONG_EXTRACTOR_REQUESTS_PER_SECOND: "50",
      SOPHIA_GONG_START: new Date(Date.now() - 5 * 86_400_000).toISOString(),
      SOPHIA_GONG_LAG: "0",
    },
  });
  const ended = once(child, "exit");
  onTestFinished(() => void child.kill("SIGKILL"));
  const loaded = async () =>
    Number((await staging.admin.query("SELECT count(*) AS n FROM gong_calls_staging")).rows[0].n);
  await waitFor({ what: "the first pages to be loaded", deadline: 120, interval: 0.05 }, async () => {
    if (child.exitCode !== null) throw new Error(`the extractor ended with ${child.exitCode}`);
    return (await loaded()) > 0 || notYet("no call is there");
  });
  child.kill("SIGKILL");
  expect(await ended).toEqual([null, "SIGKILL"]);
  await backendsGone();
  expect(await loaded()).toBeLessThan(60);

  gong.faults.set([]);
  await staging.admin.query(
    "UPDATE pipeline_state SET cursor = cursor || '{\"next\": 0}' WHERE stream = 'requests'",
  );
  expect((await runOnce(staging, gong)).failure).toBeUndefined();
  expect((await contents(staging)).calls).toHaveLength(60);
  expect((await history(staging)).filter(({ status }) => status === "failed")).toEqual(
    ["gong_calls", "gong_crm_entities"].map((stream) =>
      expect.objectContaining({ stream, message: expect.stringMatching(/^ended without a result/) }),
    ),
  );
}, 600_000);

test("P5 a run that was killed goes on at the page where it was, and is closed in the history", async () => {
  gong.workspace.seed({ seed: 11, size: 40, days: 2, users: 3, utterances: 2 });
  const asked = () => gong.journal.entries.filter(({ path }) => path.endsWith("extensive")).length;
  await runOnce(staging, gong);
  const requests = asked();
  await staging.empty();
  // Pages come to PostgreSQL by the few that are ready: of ten, never all at once.
  const late = killing(2, "before", /^COPY gong_calls_staging/);
  await runOnce(staging, gong, { connect: () => staging.loader(late.Client) });
  const { rows } = await staging.admin.query("SELECT count(*)::int AS n FROM gong_calls_staging");
  expect(rows[0].n).toBeGreaterThan(0);
  expect(rows[0].n).toBeLessThan(40);
  await backendsGone();
  gong.journal.clear();
  await runOnce(staging, gong);
  expect(asked()).toBeLessThan(requests);
  expect((await contents(staging)).calls).toHaveLength(40);
  expect((await history(staging)).filter(({ status }) => status === "failed")).toEqual(
    ["gong_calls", "gong_crm_entities"].map((stream) =>
      expect.objectContaining({ stream, message: expect.stringMatching(/^ended without a result/) }),
    ),
  );
});
