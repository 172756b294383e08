import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { parse } from "yaml";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { postgresCluster } from "../../../../components/network/names.ts";
import { streamChecks, tableOf } from "../../../../data/quality/checks/streams.ts";
import { files } from "../../../../lab/lab.ts";
import type { Warehouse } from "../../../../lab/saas/estuary/plane/warehouse.ts";
import { warehouseAt } from "../../../../lab/saas/snowflake/warehouse.ts";
import { lab, status } from "../../lab.ts";
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

/** The emulated vendors and the warehouse of the lab that is up. */
export interface PipelineAccess {
  /** Changes records at an emulated vendor. */
  change<T>(vendor: string, change: object): Promise<T>;
  /** Rows of a stream in the warehouse. */
  count(stream: string, where?: string): Promise<number>;
  /** Fails when the warehouse has a row twice. */
  expectNoDuplicates(): Promise<void>;
  close(): Promise<void>;
}

export async function openPipeline(): Promise<PipelineAccess> {
  const file = join(files(lab).backend, "Pulumi.local.yaml");
  const { config } = parse(readFileSync(file, "utf8")) as { config: Record<string, unknown> };
  const { gong, snowflake } = config["sophia-infra:pipeline"] as Record<string, Record<string, string>>;
  const vendors = new URL(gong?.apiUrl ?? "").origin;
  const warehouse: Warehouse = await warehouseAt(snowflake?.endpoint ?? "")({
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
    async change<T>(vendor: string, change: object) {
      const response = await fetch(`${vendors}/_lab/${vendor}/change`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(change),
      });
      expect(response.status, await response.clone().text()).toBe(200);
      return (await response.json()) as T;
    },
    count: (stream, where = "true") => number(`SELECT count(*) AS n FROM "${stream}_staging" WHERE ${where}`),
    async expectNoDuplicates() {
      for (const { stream, key } of streamChecks) {
        const columns = key.map((column) => `"${column}"`).join(", ");
        const twice = `SELECT ${columns} FROM "${tableOf(stream)}" GROUP BY ${columns} HAVING count(*) > 1`;
        expect([stream, await number(`SELECT count(*) AS n FROM (${twice}) AS t`)]).toEqual([stream, 0]);
      }
    },
    close: async () => {
      await warehouse.close();
    },
  };
}
