/**
 * Measures the pipeline's legs on loopback, one after the other, and prints a Markdown table, as docs/benchmarks.md has it.
 * Everything is real but the vendors: PostgreSQL with the repository's migrations, the lab's data plane, fakesnow.
 *
 *   make bench-pipeline                        1,000,000 records of HubSpot and Slack, 100,000 calls
 *   make bench-pipeline SIZE=100000 CALLS=10000
 *
 * Ends with 1 where a leg is slower than five times P4's daily volume within an hour, or a row is in the warehouse twice.
 * DEADLINE: seconds after which a leg is given up; default 1800.
 */
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import pg from "pg";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { type StreamName, streamNames, tableOf } from "../../../data/estuary/spec/streams.ts";
import { publishTables } from "../../../data/migrations/publish.ts";
import { createPlane } from "../../../lab/saas/estuary/plane/create.ts";
import { startMaterialized } from "../../support/pipeline/snowflake.ts";
import { catalog, merged, stagingSpecs, stagingTable, warehouseSpecs } from "../../support/pipeline/specs.ts";
import { startPipelineServer } from "../../support/servers/databases/pipeline.ts";
import { familyOf, postgresAt, sizeOf, watchMemory } from "./memory.ts";
import { post } from "./post.ts";
import { type Leg, tooSlow, twice } from "./verdict.ts";

const size = Number(process.env.SIZE || 1_000_000);
const calls = Number(process.env.CALLS || 100_000);
const deadline = Number(process.env.DEADLINE || 1800);
if (![size, calls, deadline].every((value) => Number.isInteger(value) && value >= 0)) {
  process.stderr.write("SIZE, CALLS and DEADLINE are whole numbers\n");
  process.exit(2);
}
const say = (line: string) => process.stderr.write(`${line}\n`);
const hubspotSize = Math.floor(size / 2);
const estuaryStreams: StreamName[] = [
  "hubspot_contacts",
  "hubspot_deals",
  "slack_channels",
  "slack_messages",
];

const folder = await mkdtemp(join(tmpdir(), "bench-pipeline-"));
const secret = randomBytes(12).toString("hex");
await writeFile(join(folder, "secret"), secret, { mode: 0o600 });
const server = await startPipelineServer();
const snowflake = await startMaterialized();
const environment = { ...process.env, BENCH_SECRET: secret };
const saas = spawn(process.execPath, [join(import.meta.dirname, "saas.ts")], {
  env: { ...environment, BENCH_HUBSPOT: String(hubspotSize), BENCH_SLACK: String(size - hubspotSize) },
  stdio: ["ignore", "pipe", "inherit"],
});
const postgres = postgresAt(server.port);
const memory = watchMemory({
  // Not its children: all of the others are.
  plane: () => [process.pid],
  PostgreSQL: () => familyOf(postgres),
  engine: () => familyOf(snowflake.engine.pid),
  vendors: () => familyOf(saas.pid),
});
const [origin] = (await once(createInterface(saas.stdout), "line")) as [string];
const plane = createPlane({
  hubspotUrl: `${origin}/hubspot`,
  slackUrl: `${origin}/slack`,
  openWarehouse: snowflake.open,
  backlogs: join(folder, "backlogs"),
  log: say,
});
/** Of the leg that runs. */
let extractorPeak: number | undefined;
const lines: string[] = [];
const legs: Leg[] = [];
const number = (value: number) => Math.round(value).toLocaleString("en");

try {
  await server.migrate();
  const admin = await server.admin();
  admin.on("error", () => {
    // PostgreSQL is stopped at the end, and says so.
  });
  const counted = async (streams: readonly StreamName[]) => {
    const counts = streams.map((stream) => `(SELECT count(*) FROM ${tableOf(stream)})`);
    return Number((await admin.query(`SELECT ${counts.join(" + ")} AS n`)).rows[0].n);
  };
  const delivered = () => {
    const { collections } = plane.status(catalog.warehouse);
    return Object.values(collections).reduce((sum, { docs }) => sum + docs, 0);
  };
  const inWarehouse = async (streams: readonly StreamName[]) => {
    let total = 0;
    for (const stream of streams) {
      const [row] = await snowflake.query(`SELECT count(*) AS n FROM ${tableOf(stream)}`);
      total += Number(row?.N);
    }
    return total;
  };
  const login = (name: "flow_materialize" | "flow_capture") => {
    const { user = "", password } = server.as(name);
    const address = `${server.host}:${server.port}`;
    const credentials = { auth_type: "UserPassword" as const, password: String(password) };
    return { address, user, database: "sophia_staging", credentials };
  };
  const staging = stagingSpecs(
    login("flow_materialize"),
    {
      credentials: {
        credentials_title: "OAuth Credentials",
        client_id: secret,
        client_secret: secret,
        refresh_token: secret,
      },
    },
    {
      start_date: new Date(Date.now() - 91 * 86_400_000).toISOString(),
      lookback_window: 1,
      credentials: { option_title: "API Token Credentials", api_token: secret },
    },
  );
  const warehouse = warehouseSpecs(
    login("flow_capture"),
    snowflake.config,
    Object.fromEntries(streamNames.map((stream) => [tableOf(stream), stagingTable(stream)])),
  );

  say(`HubSpot and Slack into PostgreSQL: ${size} records and 20 channels`);
  await leg("HubSpot + Slack → PostgreSQL, first read", async () => {
    plane.apply(staging);
    await waitFor({ what: "all records in PostgreSQL", deadline, interval: 0.5 }, async () => {
      const there = await counted(estuaryStreams).catch(() => 0);
      return there === size + 20 ? there : notYet(`${there} rows`);
    });
    return size + 20;
  });
  const owner = new pg.Client(server.as("pipeline"));
  await owner.connect();
  await publishTables(owner);
  await owner.end();

  if (calls > 0) {
    say(`Gong into PostgreSQL: ${calls} calls`);
    await post(`${origin}/_lab/gong/seed`, { seed: 1, size: calls, days: 90 });
    await leg("Gong → PostgreSQL, first read", async () => {
      await gongExtractor();
      return counted(["gong_calls", "gong_users", "gong_crm_entities"]);
    });
  }

  const rows = await counted(streamNames);
  say(`PostgreSQL into the warehouse: ${rows} rows`);
  await leg("PostgreSQL → warehouse, first read", async () => {
    plane.apply(merged(staging, warehouse));
    await waitFor({ what: "all rows in the warehouse", deadline, interval: 1 }, async () => {
      if (delivered() < rows) return notYet(`${delivered()} rows`);
      const there = await inWarehouse(streamNames);
      return there === rows ? there : notYet(`${there} rows`);
    });
    return rows;
  });

  const changes = Math.min(50_000, Math.ceil(size / 20));
  say(`Changes through everything: ${changes} rows`);
  await leg("PostgreSQL → warehouse, changes by replication", async () => {
    const from = delivered();
    await admin.query(
      `UPDATE slack_messages_staging SET text = text || '.' WHERE ctid IN (SELECT ctid FROM slack_messages_staging LIMIT ${changes})`,
    );
    await waitFor({ what: "the changes in the warehouse", deadline, interval: 0.2 }, async () =>
      delivered() - from >= changes ? true : notYet(`${delivered() - from} rows`),
    );
    return changes;
  });

  const delays: number[] = [];
  for (let round = 0; round < 10; round++) {
    const before = await inWarehouse(["hubspot_contacts"]);
    const start = performance.now();
    await post(`${origin}/_lab/hubspot/change`, { object: "contacts", create: 1 });
    await waitFor({ what: "one contact in the warehouse", deadline: 60, interval: 0.1 }, async () =>
      (await inWarehouse(["hubspot_contacts"])) > before ? true : notYet("it is not there"),
    );
    delays.push((performance.now() - start) / 1000);
  }
  delays.sort((a, b) => a - b);
  const faults = [...tooSlow(legs), ...(await twice(snowflake.query))];
  const { rows: sizes } = await admin.query("SELECT pg_database_size(current_database()) AS bytes");
  await admin.end();
  process.stdout.write(
    `| leg | rows | seconds | rows/s | peak memory: plane and Snowflake's front | its engine | PostgreSQL | vendors | extractor |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n${lines.join("\n")}\n` +
      `\nOn disk: PostgreSQL ${number(Number(sizes[0].bytes) / 2 ** 20)} MiB without its log, the warehouse ${number(sizeOf(join(snowflake.folder, "databases")))} MiB.\n` +
      `\nOne new contact at HubSpot is in the warehouse after ${delays[5]?.toFixed(1)} s (median of 10; at most ${delays[9]?.toFixed(1)} s).\n`,
  );
  for (const fault of faults) say(fault);
  if (faults.length > 0) process.exitCode = 1;
} finally {
  memory.stop();
  await plane.close();
  saas.kill();
  await snowflake.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Runs a leg, which says how many rows it carried, and writes its line. */
async function leg(name: string, run: () => Promise<number>): Promise<void> {
  memory.take();
  extractorPeak = undefined;
  const start = performance.now();
  const rows = await run();
  const seconds = (performance.now() - start) / 1000;
  const { plane: own, engine, PostgreSQL, vendors } = memory.take();
  legs.push({ name, rows, seconds });
  const cells = [name, number(rows), seconds.toFixed(1), number(rows / seconds)];
  const peaks = [own, engine, PostgreSQL, vendors, extractorPeak].map((peak) =>
    peak === undefined ? "" : `${number(peak)} MiB`,
  );
  lines.push(`| ${[...cells, ...peaks].join(" | ")} |`);
  say(lines.at(-1) ?? "");
}

/** A whole run of the extractor in a process of its own, as its pod runs it. */
async function gongExtractor(): Promise<void> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, "../gong/job.ts")],
    {
      timeout: deadline * 1000,
      env: {
        ...environment,
        ...server.environment("gong_loader"),
        SOPHIA_GONG_API_URL: `${origin}/gong`,
        SOPHIA_GONG_ACCESS_KEY_FILE: join(folder, "secret"),
        SOPHIA_GONG_ACCESS_KEY_SECRET_FILE: join(folder, "secret"),
        SOPHIA_GONG_EXTRACTOR_REQUESTS_PER_SECOND: "1000000",
        SOPHIA_GONG_EXTRACTOR_REQUESTS_PER_DAY: "1000000",
        SOPHIA_GONG_START: new Date(Date.now() - 100 * 86_400_000).toISOString(),
        SOPHIA_GONG_LOOKBACK_DAYS: "100",
        SOPHIA_GONG_LOOKBACK_INTERVAL: "0",
      },
    },
  );
  // Its last line; those before are its log.
  const { measured } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}") as {
    measured?: { peakMiB: number };
  };
  extractorPeak = measured?.peakMiB;
}
