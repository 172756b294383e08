import { afterAll, beforeAll, expect, test } from "vitest";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { files } from "../../../../lab/lab.ts";
import { run } from "../../../../tools/exec.ts";
import { type Context, lab, minutes, status } from "../../lab.ts";
import { countsAgree, level, levelAgain, openPipeline, type PipelineAccess, vendorSecret } from "./access.ts";

let access: PipelineAccess;

/** Seconds from a change at a source until the warehouse is right. */
const bound = 60;

/** Waits for what a change leads to. @param since by `Date.now`: when the change was made */
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

/** Records of Gong's that were deleted there: their rows stay, marked. */
const isDeleted = "_deleted_at IS NOT NULL";

/** Changes objects at HubSpot, and waits until the warehouse has them so. @param property that gets another value */
async function changeAtHubspot(
  context: Context,
  object: "contacts" | "deals",
  property: string,
  numbers: Record<"create" | "update" | "delete", number>,
): Promise<void> {
  await levelAgain(context, access);
  const stream = `hubspot_${object}`;
  const before = await access.count(stream);
  const since = Date.now();
  const value = `Changed ${since}`;
  const { updated, deleted } = await access.change<Record<"updated" | "deleted", number[]>>("hubspot", {
    object,
    ...numbers,
    properties: { [property]: value },
  });
  const wanted = before + numbers.create - deleted.length;
  await arrive(`HubSpot's new and deleted ${object}`, { stream, wanted }, since);
  const left = updated.filter((id) => !deleted.includes(id)).length;
  const where = `"properties~1${property}" = '${value}'`;
  await arrive(`HubSpot's changed ${object}`, { stream, where, wanted: left }, since);
}

/** Deals of Gong's CRM after the next change of their company, of which the emulator's names of deals have the number. */
async function nextOfCrm(): Promise<string> {
  const where = (number: number) => `fields::text LIKE '%, ${number}"%'`;
  let number = 2;
  while ((await access.count("gong_crm_entities", where(number))) > 0) number += 1;
  return where(number);
}

/** The whole way, by the lab as `make up` left it. */
export function pipeline(): void {
  beforeAll(async () => {
    access = await openPipeline();
  });
  afterAll(() => access?.close());

  test("P1 every stream has rows, the same here and in the warehouse", () => countsAgree(300), 12 * minutes);

  test(
    "P4 what is inserted, updated and deleted at HubSpot is so in the warehouse within a minute",
    (context) => changeAtHubspot(context, "contacts", "company", { create: 40, update: 20, delete: 10 }),
    12 * minutes,
  );

  test(
    "P4 the same of Slack",
    async (context) => {
      await levelAgain(context, access);
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
      await arrive("Slack's edited message", { stream, where: `text = '${text}'`, wanted: 1 }, editing);
      await arrive("Slack's deletion", { stream, wanted: before + 39 }, editing);
    },
    12 * minutes,
  );

  test(
    "P4 the same of Gong; what is deleted there is marked",
    async (context) => {
      await levelAgain(context, access);
      const stream = "gong_calls";
      const [before, deleted] = await Promise.all([access.count(stream), access.count(stream, isDeleted)]);
      const changed = Date.now();
      const { updated, deleted: gone } = await access.change<Record<"updated" | "deleted", string[]>>(
        "gong",
        {
          add: 20,
          update: 5,
          delete: 3,
        },
      );
      await arrive("Gong's new calls", { stream, wanted: before + 20 }, changed);
      const ids = updated.filter((id) => !gone.includes(id));
      // The emulator's titles end with the number of their changes.
      const edited = `call_id IN (${ids.map((id) => `'${id}'`).join(", ")}) AND title LIKE '%(_)'`;
      await arrive("Gong's changed calls", { stream, where: edited, wanted: ids.length }, changed);
      await arrive("Gong's deletions", { stream, where: isDeleted, wanted: deleted + 3 }, changed);
    },
    12 * minutes,
  );

  test(
    "P4 the same of what is smaller: HubSpot's deals, Slack's channels, Gong's users and CRM objects",
    async (context) => {
      await changeAtHubspot(context, "deals", "dealname", { create: 4, update: 3, delete: 2 });

      const channels = await access.count("slack_channels");
      const adding = Date.now();
      const { channels: added } = await access.change<{ channels: string[] }>("slack", { newChannels: 2 });
      await arrive("Slack's new channels", { stream: "slack_channels", wanted: channels + 2 }, adding);
      const renaming = Date.now();
      const name = `renamed-${renaming}`;
      await access.change("slack", { renameChannel: { channel: added[0], name } });
      const renamed = { stream: "slack_channels", where: `name = '${name}'`, wanted: 1 };
      await arrive("Slack's renamed channel", renamed, renaming);

      const stream = "gong_users";
      const [users, deleted] = await Promise.all([access.count(stream), access.count(stream, isDeleted)]);
      const crmChange = await nextOfCrm();
      const changing = Date.now();
      await access.change("gong", { addUsers: 2, updateUsers: 1, updateAccounts: 1 });
      await arrive("Gong's new users", { stream, wanted: users + 2 }, changing);
      // The emulator's names end with the number of their changes.
      const edited = `last_name LIKE '%-_'`;
      await arrive("Gong's changed user", { stream, where: edited, wanted: 1 }, changing);
      const crm = { stream: "gong_crm_entities", where: crmChange, wanted: 1 };
      await arrive("Gong's changed CRM object", crm, changing);

      const deleting = Date.now();
      await access.change("gong", { deleteUsers: 1 });
      await arrive("Gong's deleted user", { stream, where: isDeleted, wanted: deleted + 1 }, deleting);
    },
    12 * minutes,
  );

  test(
    "P1 after the changes the warehouse has as many records of every stream as its source",
    () => level(access),
    10 * minutes,
  );

  test("P1 after the changes every count agrees again", () => countsAgree(300), 12 * minutes);

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
