/**
 * Measures the Gong extractor, and prints a Markdown table, as docs/benchmarks.md has it: rows a second beside a bare COPY
 * of the very same rows into tables with the same keys and indexes, in the same PostgreSQL, and the peak memory.
 *
 * Ends with 1 where it is slower than half of the bare COPY.
 *
 *   node tests/bench/gong/main.ts                  10,000 and 100,000 calls
 *   node tests/bench/gong/main.ts 10000            so many
 */
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import type pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { startPipelineServer } from "../../support/servers/databases/pipeline.ts";

interface Measured {
  seconds: number;
  cpu: number;
  peakMiB: number;
}

const here = import.meta.dirname;
const tables = ["gong_calls_staging", "gong_users_staging", "gong_crm_entities_staging"];
const sizes = process.argv.slice(2).map(Number);
if (sizes.some((size) => !Number.isInteger(size) || size < 1)) {
  process.stderr.write("usage: main.ts [calls …], such as main.ts 10000 100000\n");
  process.exit(2);
}
/** Of what a bare COPY of the same rows reaches in the same run. */
const least = 0.5;
const rounds = (size: number) => (size > 20_000 ? 1 : 4);
const say = (line: string) => process.stderr.write(`${line}\n`);

const folder = await mkdtemp(join(tmpdir(), "bench-gong-"));
const [key, secret] = [randomBytes(12).toString("hex"), randomBytes(12).toString("hex")];
await writeFile(join(folder, "key"), key, { mode: 0o600 });
await writeFile(join(folder, "secret"), secret, { mode: 0o600 });
const server = await startPipelineServer();
const source = spawn(process.execPath, [join(here, "source.ts")], {
  env: { ...process.env, BENCH_KEY: key, BENCH_SECRET: secret },
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  await server.migrate();
  const [origin] = (await once(createInterface(source.stdout), "line")) as [string];
  const admin = await server.admin();
  // When something else failed, the server is stopped first.
  admin.on("error", () => undefined);
  await admin.query(
    tables.map((table) => `CREATE TABLE bare_${table} (LIKE ${table} INCLUDING ALL)`).join("; "),
  );
  const lines: string[] = [];
  const slow: string[] = [];
  for (const size of sizes.length > 0 ? sizes : [10_000, 100_000]) {
    const until = Date.now() - 3_600_000;
    await post(`${origin}/_lab/gong/seed`, { seed: 1, size, days: 90, until });
    const start = new Date(until - 91 * 86_400_000).toISOString();
    say(`${size} calls: once, so that Gong has its answers ready`);
    await empty(admin);
    await extractor(origin, start);
    const rows = await count(admin);
    const bare = { seconds: Number.POSITIVE_INFINITY, bytes: 0 };
    const fresh: Measured = { seconds: Number.POSITIVE_INFINITY, cpu: 0, peakMiB: 0 };
    // In turn, and the best of each: whatever else the machine does slows down single rounds, of either.
    for (let round = 1; round <= rounds(size); round += 1) {
      const copied = await bareCopy(admin);
      await empty(admin);
      const taken = await extractor(origin, start);
      say(
        `round ${round}, ${rows} rows: bare COPY ${copied.seconds.toFixed(1)} s, extractor ${taken.seconds.toFixed(1)} s`,
      );
      Object.assign(bare, { ...copied, seconds: Math.min(bare.seconds, copied.seconds) });
      Object.assign(fresh, {
        seconds: Math.min(fresh.seconds, taken.seconds),
        peakMiB: Math.max(fresh.peakMiB, taken.peakMiB),
      });
    }
    const again = await extractor(origin, start);
    lines.push(line(size, rows, bare, fresh, again));
    const ratio = bare.seconds / fresh.seconds;
    if (ratio < least) slow.push(`${size} calls: ratio ${ratio.toFixed(2)}`);
  }
  await admin.end();
  process.stdout.write(
    `| calls | rows | data | bare COPY, rows/s | extractor, rows/s | ratio | extractor, nothing changed, rows/s | peak memory |\n|--:|--:|--:|--:|--:|--:|--:|--:|\n${lines.join("\n")}\n`,
  );
  if (slow.length > 0) {
    say(`slower than ${least} of a bare COPY: ${slow.join("; ")}`);
    process.exitCode = 1;
  }
} finally {
  source.kill();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

function line(
  size: number,
  rows: number,
  bare: { seconds: number; bytes: number },
  first: Measured,
  again: Measured,
): string {
  const number = (value: number) => Math.round(value).toLocaleString("en");
  const cells = [
    number(size),
    number(rows),
    `${number(bare.bytes / 1e6)} MB`,
    number(rows / bare.seconds),
    number(rows / first.seconds),
    (bare.seconds / first.seconds).toFixed(2),
    number(rows / again.seconds),
    `${number(first.peakMiB)} MiB`,
  ];
  return `| ${cells.join(" | ")} |`;
}

async function post(url: string, body: object): Promise<void> {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
}

/** A whole run in a process of its own. */
async function extractor(origin: string, start: string): Promise<Measured> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(here, "job.ts")], {
    env: {
      ...process.env,
      ...server.environment("gong_loader"),
      SOPHIA_GONG_API_URL: `${origin}/gong`,
      SOPHIA_GONG_ACCESS_KEY_FILE: join(folder, "key"),
      SOPHIA_GONG_ACCESS_KEY_SECRET_FILE: join(folder, "secret"),
      SOPHIA_GONG_EXTRACTOR_REQUESTS_PER_SECOND: "1000000",
      SOPHIA_GONG_EXTRACTOR_REQUESTS_PER_DAY: "1000000",
      SOPHIA_GONG_START: start,
      SOPHIA_GONG_LOOKBACK_DAYS: "100",
      SOPHIA_GONG_LOOKBACK_INTERVAL: "0",
    },
  });
  for (const text of stdout.trim().split("\n").reverse()) {
    const { measured } = JSON.parse(text) as { measured?: Measured };
    if (measured) return measured;
  }
  throw new Error(`the extractor did not say what it took: ${stdout}`);
}

async function empty(admin: pg.Client): Promise<void> {
  await admin.query(
    `TRUNCATE ${tables.join(", ")}, pipeline_state, sync_history, error_logs, pipeline_status`,
  );
  await admin.query("CHECKPOINT");
}

async function count(admin: pg.Client): Promise<number> {
  const counts = tables.map((table) => `(SELECT count(*) FROM ${table})`);
  const { rows } = await admin.query(`SELECT ${counts.join(" + ")} AS n`);
  return Number(rows[0].n);
}

/** The rows, written to files first, in one COPY a table. */
async function bareCopy(admin: pg.Client): Promise<{ seconds: number; bytes: number }> {
  let [seconds, bytes] = [0, 0];
  await admin.query(`TRUNCATE ${tables.map((table) => `bare_${table}`).join(", ")}`);
  for (const table of tables) {
    const file = join(folder, table);
    await pipeline(admin.query(copyTo(`COPY ${table} TO STDOUT`)), createWriteStream(file));
    bytes += (await stat(file)).size;
    await admin.query("CHECKPOINT");
    const start = performance.now();
    await pipeline(
      createReadStream(file, { highWaterMark: 1 << 20 }),
      admin.query(copyFrom(`COPY bare_${table} FROM STDIN`)),
    );
    seconds += (performance.now() - start) / 1000;
    await rm(file);
  }
  return { seconds, bytes };
}
