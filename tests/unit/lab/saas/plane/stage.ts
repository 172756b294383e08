import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { notYet, waitFor } from "../../../../../components/core/wait.ts";
import { createPlane, type RunningPlane } from "../../../../../lab/saas/estuary/plane/create.ts";
import type { LiveSpecs } from "../../../../../lab/saas/estuary/plane/types.ts";
import { type Saas, startSaas } from "../../../../support/pipeline/saas.ts";
import { stagingSpecs } from "../../../../support/pipeline/specs.ts";
import { startPostgres, type TestPostgres } from "../../../../support/servers/databases/postgres.ts";

/** A real PostgreSQL for a file; for each test an empty database, vendors that are born anew, and a plane. */
export function stageStaging() {
  const stage = { said: [] as string[] } as {
    server: TestPostgres;
    admin: pg.Client;
    saas: Saas;
    plane: RunningPlane;
    /** As they are published; nothing is applied yet. */
    specs: LiveSpecs;
    said: string[];
    backlogs: string;
  };
  const newPlane = () =>
    createPlane({
      hubspotUrl: stage.saas.hubspotUrl,
      slackUrl: stage.saas.slackUrl,
      openWarehouse: () => Promise.reject(new Error("no warehouse here")),
      backlogs: stage.backlogs,
      poll: 0.05,
      review: 0.2,
      backoff: { first: 0.05, most: 0.2 },
      log: (line) => stage.said.push(line),
    });

  beforeAll(async () => {
    stage.backlogs = mkdtempSync(join(tmpdir(), "backlogs-"));
    stage.server = await startPostgres();
    const root = await stage.server.admin();
    await root.query("CREATE ROLE flow_materialize LOGIN PASSWORD 'for-tests'");
    await root.end();
  });
  afterAll(async () => {
    await stage.server.stop();
    rmSync(stage.backlogs, { recursive: true });
  });

  beforeEach(async () => {
    const root = await stage.server.admin();
    await root.query("DROP DATABASE IF EXISTS sophia_staging WITH (FORCE)");
    await root.query("CREATE DATABASE sophia_staging OWNER flow_materialize");
    await root.end();
    stage.admin = await stage.server.admin("sophia_staging");
    stage.admin.on("error", () => {});
    stage.saas = await startSaas();
    const login = {
      address: `${stage.server.host}:${stage.server.port}`,
      user: "flow_materialize",
      database: "sophia_staging",
      credentials: { auth_type: "UserPassword" as const, password: "for-tests" },
    };
    stage.specs = stagingSpecs(login, stage.saas.hubspotConfig, stage.saas.slackConfig);
    stage.plane = newPlane();
  });
  afterEach(async () => {
    await stage.plane.close();
    await stage.admin.end();
    await stage.saas.stop();
    stage.said.length = 0;
  });

  const value = async (sql: string): Promise<unknown> => {
    const { rows } = await stage.admin.query(sql);
    return Object.values(rows[0] ?? {})[0];
  };
  const eventually = (sql: string, expected: unknown, deadline = 120) =>
    waitFor({ what: `${sql} to be ${expected}`, deadline, interval: 0.05 }, async () => {
      const found = await value(sql);
      return String(found) === String(expected)
        ? true
        : notYet(`it is ${found}; ${stage.said.at(-1) ?? "nothing said"}`);
    });
  const all = async () => {
    await eventually("SELECT count(*) FROM hubspot_contacts_staging", 400);
    await eventually("SELECT count(*) FROM hubspot_deals_staging", 100);
    await eventually("SELECT count(*) FROM slack_channels_staging", 3);
    await eventually("SELECT count(*) FROM slack_messages_staging", 400);
  };
  return { stage, newPlane, value, eventually, all };
}
