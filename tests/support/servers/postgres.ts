import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import pg from "pg";
import { waitFor } from "../../../components/core/wait.ts";
import { certificateIn } from "./certificate.ts";
import { freePort } from "./ports.ts";

/** Folder with PostgreSQL's programs; Debian keeps them off the PATH. */
function programs(): string | undefined {
  const packaged = "/usr/lib/postgresql";
  const versions = existsSync(packaged) ? readdirSync(packaged).sort().reverse() : [];
  return [
    ...versions.map((version) => join(packaged, version, "bin")),
    ...(process.env.PATH ?? "").split(delimiter),
  ].find((folder) => ["initdb", "postgres"].every((name) => existsSync(join(folder, name))));
}

/** Why tests against PostgreSQL cannot run here; undefined where they can. */
export const noPostgres: string | undefined =
  programs() === undefined ? "PostgreSQL's initdb and postgres are not installed here" : undefined;

export interface TestPostgres {
  host: string;
  port: number;
  /** What its certificate is signed with; connections may be encrypted or not. */
  caFile: string;
  /** As its superuser. */
  admin(database?: string): Promise<pg.Client>;
  /** Ends it at once, as a crash does; what was committed is still there after `start`. */
  crash(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** PostgreSQL refuses to run as root. */
const unprivileged = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/**
 * A real server with nothing in it, on loopback; connections need passwords.
 *
 * @param settings of `postgresql.conf`, by name
 */
export async function startPostgres(settings: Record<string, string> = {}): Promise<TestPostgres> {
  const bin = programs();
  if (!bin) throw new Error(noPostgres);
  const folder = mkdtempSync(join(tmpdir(), "postgres-"));
  chmodSync(folder, 0o755);
  const data = join(folder, "data");
  const password = join(folder, "password");
  const secret = Math.random().toString(36).slice(2);
  writeFileSync(password, secret, { mode: 0o644 });
  if (unprivileged.uid !== undefined) chownSync(folder, unprivileged.uid, unprivileged.gid);
  const initialise = [
    "-D",
    data,
    "-U",
    "postgres",
    "-A",
    "scram-sha-256",
    "--pwfile",
    password,
    "-N",
    "-E",
    "UTF8",
  ];
  execFileSync(join(bin, "initdb"), [...initialise, "--locale=C"], { stdio: "ignore", ...unprivileged });
  const tls = certificateIn(folder);
  for (const file of [tls.key, tls.certificate])
    if (unprivileged.uid !== undefined) chownSync(file, unprivileged.uid, unprivileged.gid);
  const port = await freePort();
  const options = ["-D", data, "-h", "127.0.0.1", "-p", String(port), "-k", folder, "-F"];
  const all = {
    shared_buffers: "16MB",
    max_connections: "30",
    ssl: "on",
    ssl_cert_file: tls.certificate,
    ssl_key_file: tls.key,
    ...settings,
  };
  const set = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const admin = async (database = "postgres") => {
    const client = new pg.Client({ host: "127.0.0.1", port, user: "postgres", password: secret, database });
    await client.connect();
    return client;
  };
  let server: ChildProcess | undefined;
  const start = async () => {
    const started = spawn(join(bin, "postgres"), [...options, ...set], {
      ...unprivileged,
      stdio: ["ignore", "ignore", "pipe"],
    });
    server = started;
    let said = "";
    started.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-20_000);
    });
    await waitFor({ what: "PostgreSQL", deadline: 120, interval: 0.1 }, async () => {
      if (started.exitCode !== null) throw new Error(`it ended: ${said}`);
      await (await admin()).end();
      return true;
    });
  };
  const end = async (signal: NodeJS.Signals) => {
    const ending = server;
    server = undefined;
    if (!ending || ending.exitCode !== null) return;
    const ended = once(ending, "exit");
    ending.kill(signal);
    await ended;
  };
  await start();
  return {
    host: "127.0.0.1",
    port,
    caFile: tls.certificate,
    admin,
    crash: () => end("SIGQUIT"),
    start,
    stop: async () => {
      await end("SIGINT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
