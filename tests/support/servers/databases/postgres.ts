import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { waitFor } from "../../../../components/core/wait.ts";
import { certificateIn } from "../certificate.ts";
import { freePort } from "../ports.ts";
import { programOf, type Started } from "../program.ts";

/** Folder with PostgreSQL's programs, with a slash; Debian keeps them off the PATH. None: whatever the PATH has. */
function folderOfPrograms(): string {
  const packaged = "/usr/lib/postgresql";
  const versions = existsSync(packaged) ? readdirSync(packaged).sort().reverse() : [];
  const found = versions
    .map((version) => join(packaged, version, "bin"))
    .find((folder) => ["initdb", "postgres"].every((name) => existsSync(join(folder, name))));
  return found ? `${found}/` : "";
}

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
  const bin = folderOfPrograms();
  const program = programOf("postgres", `${bin}initdb`, ["--version"]);
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
  program.run(`${bin}initdb`, [...initialise, "--locale=C"], { folder, user: unprivileged });
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
    // The server's end is for whoever asks it something, not an error of nobody.
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  let server: Started | undefined;
  const start = async () => {
    const started = program.start(`${bin}postgres`, [...options, ...set], {
      folder,
      user: unprivileged,
      stdio: ["ignore", "ignore", "pipe"],
    });
    server = started;
    let said = "";
    started.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-20_000);
    });
    await waitFor({ what: "PostgreSQL", deadline: 120, interval: 0.1 }, async () => {
      if (started.process.exitCode !== null) throw new Error(`it ended: ${said}`);
      await (await admin()).end();
      return true;
    }).catch(started.abandon);
  };
  const end = async (signal: NodeJS.Signals) => {
    const ending = server;
    server = undefined;
    if (!ending || ending.process.exitCode !== null) return;
    const ended = once(ending.process, "exit");
    ending.signal(signal);
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
