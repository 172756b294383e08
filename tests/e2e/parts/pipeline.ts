import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { run } from "../../../lab/exec.ts";
import { files } from "../../../lab/lab.ts";
import type { Warehouse } from "../../../lab/saas/estuary/plane/warehouse.ts";
import { warehouseAt } from "../../../lab/saas/snowflake/warehouse.ts";
import { lab, minutes, status } from "../lab.ts";

const secret = (name: string) => join(lab.folder, "keys", "vendors", name);
let vendors: string;
let warehouse: Warehouse | undefined;

/** A session in the warehouse, and the vendors' address, of the lab that is up. */
async function open(): Promise<void> {
  const file = join(files(lab).backend, "Pulumi.local.yaml");
  const { config } = parse(readFileSync(file, "utf8")) as { config: Record<string, unknown> };
  const { gong, snowflake } = config["sophia-infra:pipeline"] as Record<string, Record<string, string>>;
  vendors = new URL(gong?.apiUrl ?? "").origin;
  warehouse = await warehouseAt(snowflake?.endpoint ?? "")({
    host: "znb04675.snowflakecomputing.com",
    database: "SOPHIA_AI",
    schema: "STAGING",
    warehouse: "SOPHIA_AI_WH",
    role: "SOPHIA_READER",
    timestamp_type: "TIMESTAMP_LTZ",
    credentials: {
      auth_type: "jwt",
      user: "SOPHIA_QUALITY",
      private_key: readFileSync(secret("snowflakeReaderPrivateKey"), "utf8"),
    },
  });
}

/** Tells an emulated vendor what happened to its records. */
async function happen<T>(vendor: string, change: object): Promise<T> {
  const response = await fetch(`${vendors}/_lab/${vendor}/change`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(change),
  });
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as T;
}

function asked(sql: string) {
  if (!warehouse) throw new Error("the session in the warehouse was not opened");
  return warehouse.execute(sql);
}

async function count(stream: string, where = "true"): Promise<number> {
  const [row] = await asked(`SELECT count(*) AS n FROM "${stream}_staging" WHERE ${where}`);
  return Number(Object.values(row ?? {})[0]);
}

const arrive = (what: string, stream: string, wanted: number, where?: string) =>
  waitFor({ what: `${what} to arrive in the warehouse`, deadline: 300, interval: 0.5 }, async () => {
    const there = await count(stream, where);
    return there === wanted || notYet(`${there} instead of ${wanted}`);
  });

/** The whole way, by the lab as `make up` left it. */
export function pipeline(): void {
  beforeAll(open);
  afterAll(() => warehouse?.close());

  test(
    "P1 every stream has rows, the same here and in the warehouse",
    async () => {
      await waitFor({ what: "counts to agree", deadline: 180, interval: 2 }, async () => {
        const { streams } = (await status()).report;
        expect(streams.map(({ name }) => name).sort()).toHaveLength(7);
        const bad = streams.filter(
          ({ ok, rows, warehouseRows }) => !ok || rows === 0 || rows !== warehouseRows,
        );
        return bad.length === 0 || notYet(JSON.stringify(bad));
      });
    },
    12 * minutes,
  );

  test(
    "P4 what is inserted, updated and deleted at HubSpot is so in the warehouse",
    async () => {
      const before = await count("hubspot_contacts");
      const company = `Changed ${Date.now()}`;
      const { updated, deleted } = await happen<{ updated: number[]; deleted: number[] }>("hubspot", {
        object: "contacts",
        create: 40,
        update: 20,
        properties: { company },
        delete: 10,
      });
      await arrive("new contacts", "hubspot_contacts", before + 40 - deleted.length);
      const left = updated.filter((id) => !deleted.includes(id)).length;
      await arrive("changed contacts", "hubspot_contacts", left, `"properties~1company" = '${company}'`);
    },
    12 * minutes,
  );

  test(
    "P4 the same of Slack",
    async () => {
      const before = await count("slack_messages");
      const { posted } = await happen<{ posted: { channel: string; ts: string }[] }>("slack", { post: 40 });
      await arrive("new messages", "slack_messages", before + 40);
      const text = `edited ${Date.now()}`;
      await happen("slack", { edit: [{ ...posted[0], text }], delete: [posted[1]] });
      await arrive("an edited message", "slack_messages", 1, `"text" = '${text}'`);
      await arrive("a deletion", "slack_messages", before + 39);
    },
    16 * minutes,
  );

  test(
    "P4 the same of Gong, which is read each minute; what is deleted there is marked",
    async () => {
      const [before, deleted] = await Promise.all([
        count("gong_calls"),
        count("gong_calls", `"_deleted_at" IS NOT NULL`),
      ]);
      await happen("gong", { add: 20, delete: 3 });
      await arrive("new calls", "gong_calls", before + 20);
      await arrive("deletions", "gong_calls", deleted + 3, `"_deleted_at" IS NOT NULL`);
    },
    12 * minutes,
  );

  test("P1 nothing is there twice", async () => {
    const keys = {
      hubspot_contacts: `"id"`,
      slack_messages: `"channel_id" || ' ' || "ts"`,
      gong_calls: `"call_id"`,
    };
    for (const [stream, key] of Object.entries(keys)) {
      const rows = await asked(`SELECT count(*) - count(DISTINCT ${key}) AS twice FROM "${stream}_staging"`);
      expect([stream, Number(Object.values(rows[0] ?? {})[0])]).toEqual([stream, 0]);
    }
  });

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
            secret("estuaryTunnelKey"),
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
