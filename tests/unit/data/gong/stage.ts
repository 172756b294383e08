import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, onTestFinished } from "vitest";
import { type Extraction, extract } from "../../../../data/gong/main.ts";
import { streamChecks } from "../../../../data/quality/checks/streams.ts";
import { Meter } from "../../../../data/quality/measure.ts";
import { type GongOptions, openGong } from "../../../../lab/saas/gong/handler.ts";
import { holding, Watch } from "../../../support/pipeline/alerts.ts";
import { startPipelineServer } from "../../../support/servers/databases/pipeline.ts";

const tables = [
  "gong_calls_staging",
  "gong_users_staging",
  "gong_crm_entities_staging",
  "pipeline_state",
  "sync_history",
  "error_logs",
  "pipeline_status",
  "data_quality_metrics",
];
const word = () => randomBytes(9).toString("hex");

/** A real PostgreSQL with the pipeline's tables, and the extractor's own login. */
async function openStaging() {
  const server = await startPipelineServer();
  await server.migrate();
  const admin = await server.admin();
  return {
    admin,
    server,
    loader: async (Client: typeof pg.Client = pg.Client) => {
      const client = new Client(server.as("gong_loader"));
      client.on("error", () => undefined);
      await client.connect();
      return client;
    },
    /** As if nothing had ever been loaded. TRUNCATE would make new files, which takes longer than the run. */
    empty: () => admin.query(tables.map((table) => `DELETE FROM ${table}`).join("; ")),
    stop: async () => {
      await admin.end();
      await server.stop();
    },
  };
}
export type Staging = Awaited<ReturnType<typeof openStaging>>;

/** An emulated Gong on loopback. */
export async function serveGong(options: Omit<Partial<GongOptions>, "credentials"> = {}) {
  const keys = { accessKey: word(), accessKeySecret: word() };
  const gong = openGong({ limits: false, ...options, credentials: () => keys });
  const server = createServer((request, response) => {
    gong.handler(request, response).catch((error: unknown) => response.destroy(error as Error));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...gong,
    keys,
    url: `${origin}/gong`,
    command: async (name: string, body: unknown = {}) => {
      const response = await fetch(`${origin}/_lab/gong/${name}`, {
        method: "POST",
        body: JSON.stringify(body),
      });
      return { status: response.status, body: await response.json() };
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
export type ServedGong = Awaited<ReturnType<typeof serveGong>>;

/** A database for all tests of a file, empty before each, and a Gong of its own for each. */
export function stage(
  options: Parameters<typeof serveGong>[0],
  take: (staging: Staging, gong: ServedGong) => void,
) {
  let staging: Staging | undefined;
  let gong: ServedGong | undefined;
  beforeAll(async () => {
    staging = await openStaging();
  });
  afterAll(() => staging?.stop());
  beforeEach(async () => {
    if (!staging) return;
    await staging.empty();
    gong = await serveGong(options);
    take(staging, gong);
  });
  afterEach(() => gong?.close());
}

export interface Run {
  perSecond?: number;
  perDay?: number;
  patience?: number;
  answerWithin?: number;
  plan?: Partial<Extraction["plan"]>;
  signal?: AbortSignal;
  connect?: Extraction["connect"];
  clock?: Extraction["clock"];
}

/** One run of the extractor. What it logged comes back; what it threw, too. */
export async function runOnce(staging: Staging, gong: ServedGong, more: Run = {}) {
  const logged: string[] = [];
  const { perSecond = 10_000, perDay = 1_000_000, patience = 5 } = more;
  const timeout = more.answerWithin !== undefined && { answerWithin: more.answerWithin };
  const failure = await extract({
    connect: more.connect ?? (() => staging.loader()),
    gong: { url: gong.url, credentials: () => ({ ...gong.keys }), perSecond, perDay, patience, ...timeout },
    plan: {
      start: new Date(Date.now() - 40 * 86_400_000),
      lag: 0,
      overlap: 3600,
      lookbackDays: 40,
      lookbackEvery: 0,
      ...more.plan,
    },
    signal: more.signal ?? new AbortController().signal,
    log: (level, message, fields) => logged.push(JSON.stringify({ level, message, ...fields })),
    ...(more.clock && { clock: more.clock }),
  }).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
  return { logged, failure };
}

/** Everything that a run leaves but times and run ids. */
export async function contents({ admin }: Staging) {
  const read = async (sql: string) => (await admin.query(sql)).rows as Record<string, unknown>[];
  const table = (name: string, key: string) =>
    read(`SELECT to_jsonb(t) - '{_run_id,_extracted_at,_loaded_at,_deleted_at}'::text[] AS row,
      _deleted_at IS NOT NULL AS deleted FROM ${name}_staging AS t ORDER BY ${key}`);
  return {
    calls: await table("gong_calls", "call_id"),
    users: await table("gong_users", "user_id"),
    entities: await table("gong_crm_entities", "crm_system, object_type, object_id"),
    deals: await read("SELECT * FROM gong_call_deals ORDER BY deal_id, call_id"),
    errors: await read(
      "SELECT stream, key, reason, issues, raw FROM error_logs ORDER BY stream, key, reason",
    ),
  };
}

export const history = async ({ admin }: Staging) =>
  (
    await admin.query(
      `SELECT stream, status, rows_read::int AS read, rows_changed::int AS changed, rows_rejected::int AS rejected, message
       FROM sync_history ORDER BY started_at, stream`,
    )
  ).rows as {
    stream: string;
    status: string;
    read: number;
    changed: number;
    rejected: number;
    message: string | null;
  }[];

export const statusOf = async ({ admin }: Staging, stream: string) =>
  (await admin.query("SELECT * FROM pipeline_status WHERE stream = $1", [stream])).rows[0] as {
    state: string;
    rows: string;
    message: string | null;
    lag_seconds: number;
    last_success_at: Date | null;
  };

const aboutCalls = (alerts: readonly string[]) =>
  alerts.filter((alert) => alert.endsWith(" gong_calls")).map((alert) => alert.split(" ")[0] ?? "");

const meterOf = (pool: pg.Pool, now: () => number) =>
  new Meter({
    pool,
    threshold: 95,
    maxLag: 900,
    warehouseInterval: 60,
    retentionDays: 90,
    streams: streamChecks.filter(({ source }) => source === "gong"),
    now,
  });

/** Alerts whose expression holds now, each as `<alert> <stream>`. */
async function allAlerts({ server }: Staging): Promise<string[]> {
  const pool = server.pool("quality");
  try {
    const meter = meterOf(pool, () => Date.now() / 1000);
    return holding(await meter.run(new AbortController().signal));
  } finally {
    await pool.end();
  }
}

/** Alerts about calls whose expression holds now. */
export const alerts = async (staging: Staging): Promise<string[]> => aboutCalls(await allAlerts(staging));

/** Streams of which an alert says now that a run was killed. */
export const killedStreams = async (staging: Staging): Promise<string[]> =>
  (await allAlerts(staging)).flatMap((alert) => {
    const [name, stream = ""] = alert.split(" ");
    return name === "PipelineRunKilled" ? [stream] : [];
  });

/** Looks so many seconds from now, given what is in the database then, and says which alerts about calls fire. */
export function watching({ server }: Staging): (after: number) => Promise<string[]> {
  const pool = server.pool("quality");
  onTestFinished(() => pool.end());
  const began = Date.now() / 1000;
  let passed = 0;
  const meter = meterOf(pool, () => began + passed);
  const watch = new Watch();
  return async (after) => {
    passed = after;
    return aboutCalls(watch.see(await meter.run(new AbortController().signal)));
  };
}
