import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { files } from "../../../../lab/lab.ts";
import { run } from "../../../../tools/exec.ts";
import { lab, minutes, status } from "../../lab.ts";
import {
  countsAgree,
  openPipeline,
  type PipelineAccess,
  sourceCounts,
  staged,
  vendorSecret,
} from "./access.ts";

let access: PipelineAccess;

/** Seconds from a change at a source until the warehouse is right. */
const bound = 60;

/**
 * Waits for what a change leads to.
 *
 * @param since by `Date.now`: when the change was made, or was read where it is read only now and then
 */
async function arrive(
  what: string,
  { stream, where, wanted }: { stream: string; where?: string; wanted: number },
  since: number,
): Promise<void> {
  const passed = () => (Date.now() - since) / 1000;
  const deadline = bound - passed();
  await waitFor({ what: `${what} to arrive in the warehouse`, deadline, interval: 0.5 }, async () => {
    const there = await access.count(stream, where);
    return there === wanted || notYet(`${there} instead of ${wanted}`);
  });
  process.stderr.write(`    ${what}: in the warehouse after ${passed().toFixed(1)} s\n`);
}

/** The first run of Gong's extractor that began after that moment of the database's clock. @returns when it was over */
async function readByGong(after: string, stream = "gong_calls"): Promise<number> {
  // A minute until it begins, its pod's start, and its work.
  const age = await waitFor({ what: "a run of Gong's extractor", deadline: 180, interval: 1 }, async () => {
    const text = await staged(
      `SELECT extract(epoch FROM now() - finished_at) FROM sync_history WHERE stream = '${stream}'
        AND started_at > '${after}' AND status IN ('succeeded', 'degraded') ORDER BY started_at LIMIT 1`,
    );
    return text === "" ? notYet("none came to its end") : Number(text);
  });
  return Date.now() - age * 1000;
}

/** The whole way, by the lab as `make up` left it. */
export function pipeline(): void {
  beforeAll(async () => {
    access = await openPipeline();
  });
  afterAll(() => access?.close());

  test("P1 every stream has rows, the same here and in the warehouse", () => countsAgree(180), 12 * minutes);

  test(
    "P4 what is inserted, updated and deleted at HubSpot is so in the warehouse within a minute",
    async () => {
      const stream = "hubspot_contacts";
      const before = await access.count(stream);
      const company = `Changed ${Date.now()}`;
      const since = Date.now();
      const { updated, deleted } = await access.change<{ updated: number[]; deleted: number[] }>("hubspot", {
        object: "contacts",
        create: 40,
        update: 20,
        properties: { company },
        delete: 10,
      });
      await arrive(
        "HubSpot's new and deleted contacts",
        { stream, wanted: before + 40 - deleted.length },
        since,
      );
      const left = updated.filter((id) => !deleted.includes(id)).length;
      const where = `"properties~1company" = '${company}'`;
      await arrive("HubSpot's changed contacts", { stream, where, wanted: left }, since);
    },
    4 * minutes,
  );

  test(
    "P4 the same of Slack",
    async () => {
      const stream = "slack_messages";
      const before = await access.count(stream);
      const posting = Date.now();
      const { posted } = await access.change<{ posted: { channel: string; ts: string }[] }>("slack", {
        post: 40,
      });
      await arrive("Slack's new messages", { stream, wanted: before + 40 }, posting);
      const text = `edited ${Date.now()}`;
      const editing = Date.now();
      await access.change("slack", { edit: [{ ...posted[0], text }], delete: [posted[1]] });
      await arrive("Slack's edited message", { stream, where: `"text" = '${text}'`, wanted: 1 }, editing);
      await arrive("Slack's deletion", { stream, wanted: before + 39 }, editing);
    },
    6 * minutes,
  );

  test(
    "P4 the same of Gong, from the end of the run that read it; what is deleted there is marked",
    async () => {
      const stream = "gong_calls";
      const where = `"_deleted_at" IS NOT NULL`;
      const [before, deleted, moment] = await Promise.all([
        access.count(stream),
        access.count(stream, where),
        staged("SELECT now()"),
      ]);
      const changed = Date.now();
      const { updated, deleted: gone } = await access.change<Record<"updated" | "deleted", string[]>>(
        "gong",
        {
          add: 20,
          update: 5,
          delete: 3,
        },
      );
      const read = await readByGong(moment);
      process.stderr.write(`    Gong's changes: read after ${((read - changed) / 1000).toFixed(1)} s\n`);
      await arrive("Gong's new calls", { stream, wanted: before + 20 }, read);
      const ids = updated.filter((id) => !gone.includes(id));
      // The emulator's titles end with the number of their changes.
      const edited = `"call_id" IN (${ids.map((id) => `'${id}'`).join(", ")}) AND "title" LIKE '%(_)'`;
      await arrive("Gong's changed calls", { stream, where: edited, wanted: ids.length }, read);
      await arrive("Gong's deletions", { stream, where, wanted: deleted + 3 }, read);
    },
    8 * minutes,
  );

  test(
    "P4 the same of what is smaller: HubSpot's deals, Slack's channels, Gong's users and CRM objects",
    async () => {
      const [deals, channels, users, gone, moment] = await Promise.all([
        access.count("hubspot_deals"),
        access.count("slack_channels"),
        access.count("gong_users"),
        access.count("gong_users", `"_deleted_at" IS NOT NULL`),
        staged("SELECT now()"),
      ]);
      const changing = Date.now();
      const dealname = `Changed ${changing}`;
      const [{ updated, deleted }, { channels: added }] = await Promise.all([
        access.change<Record<"updated" | "deleted", number[]>>("hubspot", {
          object: "deals",
          create: 4,
          update: 3,
          delete: 2,
          properties: { dealname },
        }),
        access.change<{ channels: string[] }>("slack", { newChannels: 2 }),
      ]);
      await access.change("gong", { addUsers: 2, updateUsers: 1, updateAccounts: 1 });
      const stream = "hubspot_deals";
      await arrive(
        "HubSpot's new and deleted deals",
        { stream, wanted: deals + 4 - deleted.length },
        changing,
      );
      const left = updated.filter((id) => !deleted.includes(id)).length;
      const where = `"properties~1dealname" = '${dealname}'`;
      await arrive("HubSpot's changed deals", { stream, where, wanted: left }, changing);
      await arrive("Slack's new channels", { stream: "slack_channels", wanted: channels + 2 }, changing);
      const name = `renamed-${changing}`;
      const renaming = Date.now();
      await access.change("slack", { renameChannel: { channel: added[0], name } });
      const renamed = { stream: "slack_channels", where: `"name" = '${name}'`, wanted: 1 };
      await arrive("Slack's renamed channel", renamed, renaming);

      const read = await readByGong(moment, "gong_users");
      await arrive("Gong's new users", { stream: "gong_users", wanted: users + 2 }, read);
      // The emulator's names end with the number of their changes.
      const edited = `"last_name" LIKE '%-_'`;
      await arrive("Gong's changed user", { stream: "gong_users", where: edited, wanted: 1 }, read);
      const deleting = await staged("SELECT now()");
      await access.change("gong", { deleteUsers: 1 });
      const goneRead = await readByGong(deleting, "gong_users");
      const marked = { stream: "gong_users", where: `"_deleted_at" IS NOT NULL`, wanted: gone + 1 };
      await arrive("Gong's deleted user", marked, goneRead);
      // The emulator's names of deals count the changes of their company.
      const crm = { stream: "gong_crm_entities", where: `"fields"::text LIKE '%, 2"%'`, wanted: 1 };
      await arrive("Gong's changed CRM object", crm, await readByGong(moment));
    },
    12 * minutes,
  );

  test(
    "P1 after the changes every source, staging and the warehouse have the same number of records",
    async () => {
      await waitFor(
        { what: "the sources' counts in the warehouse", deadline: 180, interval: 2 },
        async () => {
          const wanted = await sourceCounts();
          const there = Object.fromEntries(
            await Promise.all(
              Object.keys(wanted).map(async (stream) => [stream, await access.living(stream)] as const),
            ),
          );
          return isDeepStrictEqual(there, wanted) || notYet(JSON.stringify({ there, wanted }));
        },
      );
    },
    5 * minutes,
  );

  test("P1 after the changes every count agrees again", () => countsAgree(120), 4 * minutes);

  test("P1 nothing is there twice", () => access.expectNoDuplicates());

  test(
    "S1 Estuary's key opens PostgreSQL's address through the data host, and nothing else",
    async () => {
      const { report } = await status();
      const host = report.hosts.find(({ name }) => name === "backend")?.address ?? "";
      const options = [
        "StrictHostKeyChecking=yes",
        `UserKnownHostsFile=${files(lab).knownHosts}`,
        "BatchMode=yes",
        "LogLevel=ERROR",
      ];
      const ssh = (...args: string[]) =>
        run(
          "ssh",
          [
            "-i",
            vendorSecret("estuaryTunnelKey"),
            ...options.flatMap((one) => ["-o", one]),
            ...args,
            `estuary@${host}`,
          ],
          { allowFailure: true },
        );
      expect((await ssh("-W", "127.0.0.1:22")).code).not.toBe(0);
      expect((await ssh("-o", "ExitOnForwardFailure=yes", "-N", "-R", "9999:127.0.0.1:22")).code).not.toBe(0);
      expect((await ssh("-T")).code).not.toBe(0);
    },
    2 * minutes,
  );
}
