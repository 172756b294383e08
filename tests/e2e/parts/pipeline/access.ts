import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import { parse } from "yaml";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { postgresCluster } from "../../../../components/network/names.ts";
import { tableOf } from "../../../../data/estuary/spec/streams.ts";
import { streamChecks } from "../../../../data/quality/checks/streams.ts";
import { warehouseIdentifier } from "../../../../data/quality/warehouse/identifiers.ts";
import { files } from "../../../../lab/lab.ts";
import type { Warehouse } from "../../../../lab/saas/estuary/plane/warehouse.ts";
import { warehouseAt } from "../../../../lab/saas/snowflake/warehouse.ts";
import { type Context, lab, status, triedBefore } from "../../lab.ts";
import { inPod } from "../../reach.ts";

/** File with a vendor's secret of the lab. */
export const vendorSecret = (name: string) => join(lab.folder, "keys", "vendors", name);

/** Labels of the pod that PostgreSQL is written in. */
export const primary = `cnpg.io/cluster=${postgresCluster},cnpg.io/instanceRole=primary`;

/** Result of a query in PostgreSQL's own pod, where it needs no password. */
export const staged = (sql: string) =>
  inPod("data", primary, "postgres", [
    ...["psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", "sophia_staging", "-c", sql],
  ]);

/** Waits until every stream is well, with as many rows in the warehouse as in staging. */
export const countsAgree = (deadline: number) =>
  waitFor({ what: "counts to agree", deadline, interval: 2 }, async () => {
    const { streams } = (await status()).report;
    expect(streams.map(({ name }) => name).sort()).toEqual(streamChecks.map(({ stream }) => stream).sort());
    const bad = streams.filter(({ ok, rows, warehouseRows }) => !ok || rows === 0 || rows !== warehouseRows);
    return bad.length === 0 || notYet(JSON.stringify(bad));
  });

/** The pipeline's settings of the lab, with the addresses that `make up` gave it. */
function pipelineSettings(): Record<"gong" | "snowflake", Record<string, string>> {
  const { config } = parse(readFileSync(join(files(lab).backend, "Pulumi.local.yaml"), "utf8"));
  return config["sophia-infra:pipeline"];
}

/** Gives an emulated vendor of the lab a command. */
export async function order<T>(vendor: string, command: string, body: unknown = {}): Promise<T> {
  const { origin } = new URL(pipelineSettings().gong.apiUrl ?? "");
  const response = await fetch(`${origin}/_lab/${vendor}/${command}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as T;
}

/** Records that each source has at this moment, by stream. */
async function sourceCounts(): Promise<Record<string, number>> {
  const [hubspot, slack, gong] = await Promise.all([
    order<Record<"contacts" | "deals", number>>("hubspot", "state"),
    order<Record<"channels" | "messages", number>>("slack", "state"),
    order<Record<"calls" | "users" | "crmObjects", number>>("gong", "counts"),
  ]);
  return {
    hubspot_contacts: hubspot.contacts,
    hubspot_deals: hubspot.deals,
    slack_channels: slack.channels,
    slack_messages: slack.messages,
    gong_calls: gong.calls,
    gong_users: gong.users,
    gong_crm_entities: gong.crmObjects,
  };
}

/** Waits until the warehouse has as many records of every stream as its source. */
export const level = (access: PipelineAccess) =>
  waitFor({ what: "the sources' counts in the warehouse", deadline: 300, interval: 2 }, async () => {
    const wanted = await sourceCounts();
    const there = Object.fromEntries(
      await Promise.all(
        Object.keys(wanted).map(async (stream) => [stream, await access.living(stream)] as const),
      ),
    );
    return isDeepStrictEqual(there, wanted) || notYet(JSON.stringify({ there, wanted }));
  });

/** For a test that is tried once more: what the attempt before changed has arrived. */
export const levelAgain = async (context: Context, access: PipelineAccess): Promise<void> => {
  if (triedBefore(context)) await level(access);
};

/** The emulated vendors and the warehouse of the lab that is up. */
export interface PipelineAccess {
  /** Changes records at an emulated vendor. */
  change<T>(vendor: string, change: object): Promise<T>;
  /** Rows of a stream in the warehouse; where a source deletes records, those that are left. */
  living(stream: string): Promise<number>;
  /** Rows of a stream in the warehouse. */
  count(stream: string, where?: string): Promise<number>;
  /** Fails when the warehouse has a row twice. */
  expectNoDuplicates(): Promise<void>;
  close(): Promise<void>;
}

export async function openPipeline(): Promise<PipelineAccess> {
  const { snowflake } = pipelineSettings();
  const warehouse: Warehouse = await warehouseAt(snowflake.endpoint ?? "")({
    host: "znb04675.snowflakecomputing.com",
    database: "SOPHIA_AI",
    schema: "STAGING",
    warehouse: "SOPHIA_AI_WH",
    role: "SOPHIA_READER",
    timestamp_type: "TIMESTAMP_LTZ",
    credentials: {
      auth_type: "jwt",
      user: "SOPHIA_QUALITY",
      private_key: readFileSync(vendorSecret("snowflakeReaderPrivateKey"), "utf8"),
    },
  });
  const number = async (sql: string) => Number(Object.values((await warehouse.execute(sql))[0] ?? {})[0]);
  return {
    change: (vendor, change) => order(vendor, "change", change),
    // Rows of what Gong deleted stay, marked; Estuary deletes the others' rows.
    living: (stream) =>
      number(
        `SELECT count(*) AS n FROM ${stream}_staging${stream.startsWith("gong_") ? " WHERE _deleted_at IS NULL" : ""}`,
      ),
    count: (stream, where = "true") => number(`SELECT count(*) AS n FROM ${stream}_staging WHERE ${where}`),
    async expectNoDuplicates() {
      for (const { stream, key } of streamChecks) {
        const columns = key.map(warehouseIdentifier).join(", ");
        const twice = `SELECT ${columns} FROM ${tableOf(stream)} GROUP BY ${columns} HAVING count(*) > 1`;
        expect([stream, await number(`SELECT count(*) AS n FROM (${twice}) AS t`)]).toEqual([stream, 0]);
      }
    },
    close: async () => {
      await warehouse.close();
    },
  };
}
