import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { backupPod, fetchPod } from "../../../components/backup/pod.ts";
import { images } from "../../../components/core/versions.ts";
import { allRoles, databases, ownerOf } from "../../../components/services/postgres/logins.ts";
import { backupSettings } from "../../../components/settings/sections/backup.ts";
import { migrate } from "../../../data/migrations/migrate.ts";
import { restic } from "../../../lab/images/restic/artefact.ts";
import { obtain } from "../../../tools/artefacts/obtain.ts";
import { cacheFolder, repository } from "../../../tools/repository.ts";
import { type Pod, passwords, start, stop } from "../../charts/live/redisPod.ts";
import { startPostgres } from "../../support/servers/databases/postgres.ts";
import { freePort } from "../../support/servers/ports.ts";
import { programOf } from "../../support/servers/program.ts";
import { startS3 } from "../../support/servers/s3/server.ts";

const scripts = join(repository, "components/backup/scripts");
const bucket = "backups";

/** The bucket's keys by their ids: that of backups, and some that may do less. */
const keys = {
  all: { secret: randomBytes(12).toString("hex") },
  readOnly: { secret: randomBytes(12).toString("hex"), refused: ["PUT", "DELETE"] },
  noDelete: { secret: randomBytes(12).toString("hex"), refused: ["DELETE"] },
} satisfies Parameters<typeof startS3>[1];

/** In the place of the page's `kubectl`: waits for nothing, and runs a pod's command here. */
const kubectl = `#!/bin/sh
case "$*" in
  *"create job"* | *" wait "*) exit 0 ;;
  *"get pods"*) echo pod/postgres-1; exit 0 ;;
esac
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
`;

interface Container {
  name: string;
  image: string;
  command: string[];
}

/** What a run did: the step that failed, if one did, and all that was said. */
interface Run {
  failed: string | undefined;
  said: string;
}

/**
 * PostgreSQL with the platform's databases and logins, Redis with its logins, and an S3 server; and what the pods of
 * backups run against them, in folders of this machine instead of the pods'.
 */
export async function startStage() {
  const folder = mkdtempSync(join(tmpdir(), "backup-"));
  const programs = (await obtain([restic], { cache: cacheFolder() })).get(restic.name) ?? "";
  const s3 = await startS3(bucket, keys);
  const server = await startPostgres({ wal_level: "logical" });
  const password = randomBytes(12).toString("hex");
  const admin = await server.admin();
  for (const { name, replication, group } of allRoles)
    await admin.query(
      `CREATE ROLE ${name} ${group ? "NOLOGIN" : `LOGIN PASSWORD '${password}'`} ${replication ? "REPLICATION" : ""}`,
    );
  for (const { name, memberOf } of allRoles)
    for (const role of memberOf) await admin.query(`GRANT ${role} TO ${name}`);
  await admin.query(`CREATE ROLE superuser SUPERUSER LOGIN PASSWORD '${password}'`);
  for (const database of databases)
    await admin.query(`CREATE DATABASE ${database} OWNER ${ownerOf(database)}`);
  await admin.end();
  const connection = { host: server.host, port: server.port, password, ssl: false };
  await migrate({
    connection: { ...connection, database: "sophia_staging", user: "pipeline" },
    folder: join(repository, "data/migrations/sql"),
    log: () => undefined,
    lockTimeout: 20,
  });
  // The one folder that Redis's programs know is that of everything.
  const redisFolder = join(folder, "redis");
  mkdirSync(redisFolder);
  let redis: Pod = await start(redisFolder, "redis-0", await freePort(), 0);

  /** The pods' folders, as this machine has them. */
  const local = (text: string) =>
    text.replaceAll(/(?<![\w.-])\/(?=(backup|scripts|run\/secrets)\b)/g, `${redisFolder}/`);
  const put = (path: string, text: string) => {
    const file = local(path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text, { mode: 0o600 });
  };
  mkdirSync(local("/backup"));
  for (const script of readdirSync(scripts))
    put(`/scripts/${script}`, local(readFileSync(join(scripts, script), "utf8")));
  put("/scripts/repository", `s3:${s3.url}/${bucket}/prod\n`);
  put("/run/secrets/postgres/password", `${password}\n`);
  put("/run/secrets/record/password", password);
  put("/run/secrets/redis/password", passwords.backup);
  cpSync(redis.caFile, local("/run/secrets/redis/ca.crt"));
  put("/run/secrets/backup/password", randomBytes(12).toString("hex"));
  put("/run/secrets/backup/accessKeyId", "all");
  put("/run/secrets/backup/secretAccessKey", keys.all.secret);
  mkdirSync(local("/run/secrets/postgres"), { recursive: true });
  cpSync(server.caFile, local("/run/secrets/postgres/ca.crt"));

  const postgresPrograms = programOf("postgres", "pg_dump", ["--version"]);
  const shell = (user: string, script: string) => {
    const environment = `export PGHOST=${server.host} PGPORT=${server.port} PGUSER=${user} PGPASSWORD=${password}`;
    return postgresPrograms.run("sh", ["-ec", `${environment}; ${script}`], { folder });
  };
  const runIn: Record<string, (command: string[]) => string> = {
    [images.postgres]: ([program = "", ...args]) => postgresPrograms.run(program, args, { folder }),
    [images.redis]: ([program = "", ...args]) => redis.started.ask(program, args),
    [images.restic]: ([program = "", ...args]) => {
      const PATH = `${programs}:${process.env.PATH}`;
      const { status, stdout, stderr } = spawnSync(program, args, {
        encoding: "utf8",
        env: { PATH, TZ: "UTC" },
      });
      if (status !== 0) throw new Error(`${stdout}${stderr}`);
      return `${stdout}${stderr}`;
    },
  };
  const runOf = (keep: object = {}) => ({
    settings: backupSettings.parse({ repository: "s3:https://s3.example.com/backups/prod", keep }),
    stack: "prod",
    postgres: {
      host: server.host,
      port: server.port,
      image: images.postgres,
      databases,
      loginSecrets: { backup: "", monitoring: "" },
      caSecret: "",
    },
    redis: { host: "127.0.0.1", port: redis.port, image: images.redis, caSecret: "" },
    scripts: "",
    secret: "",
  });
  const execute = (containers: Container[]): Run => {
    let said = "";
    for (const { name, image, command } of containers) {
      try {
        // Nobody waits two minutes for a server that is not there.
        said += runIn[image]?.(command.map((word) => local(word === "120" ? "10" : word)));
      } catch (error) {
        return { failed: name, said: said + String(error) };
      }
    }
    return { failed: undefined, said };
  };
  const containersOf = ({ spec }: { spec?: unknown }) => {
    const { initContainers = [], containers } = spec as Record<"initContainers" | "containers", Container[]>;
    return [...initContainers, ...containers];
  };

  return {
    folder,
    server,
    local,
    /** Gives a file of the pods another text. @returns how to give it back the former */
    exchange: (path: string, text: string) => {
      const former = readFileSync(local(path), "utf8");
      put(path, text);
      return () => put(path, former);
    },
    keys,
    redisFolder,
    redis: () => redis,
    restarted: async () => {
      redis = await start(redisFolder, "redis-0", redis.port, 0);
    },
    /** A run, as the pod has it. @param keep of the setting */
    backup: (keep?: object) => {
      rmSync(local("/backup"), { recursive: true, force: true });
      mkdirSync(local("/backup"));
      return execute(containersOf(backupPod(runOf(keep))));
    },
    /** A pod that fetches, until it only waits. */
    fetch: () =>
      execute(
        containersOf(fetchPod(runOf())).map((each) => ({
          ...each,
          command: each.command.map((word) => word.replace(/exec sleep \d+/, "true")),
        })),
      ),
    restic: (...args: string[]) => runIn[images.restic]?.(["sh", local("/scripts/restic.sh"), ...args]) ?? "",
    /** What a script says that connects as a superuser. */
    asSuperuser: (script: string) => shell("superuser", script),
    /** Runs a block of the runbook where its `kubectl` is this machine's programs. @returns what it printed */
    byThePage: (block: string) => {
      const [bin, here] = [join(folder, "bin"), join(folder, "here")];
      for (const each of [bin, here]) mkdirSync(each, { recursive: true });
      writeFileSync(join(bin, "kubectl"), kubectl);
      chmodSync(join(bin, "kubectl"), 0o755);
      return shell("superuser", `PATH=${bin}:${programs}:$PATH; cd ${here}; ${local(block)}`);
    },
    /** A session of a login. */
    connected: async (login: string, database: string) => {
      const client = new pg.Client({ ...connection, user: login, database });
      client.on("error", () => undefined);
      await client.connect();
      return client;
    },
    /** What a statement returns to a login. */
    asLogin: (login: string, database: string, statement: string) =>
      shell(login, `psql -X -A -t -v ON_ERROR_STOP=1 -c "${statement}" ${database}`),
    stop: async () => {
      await stop(redis, "SIGKILL");
      await server.stop();
      await s3.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
export type Stage = Awaited<ReturnType<typeof startStage>>;
