import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { Unrecoverable, waitFor } from "../../../components/core/wait.ts";
import { begin, type SuccessionState } from "../../../components/services/redis/certificateProvider.ts";
import {
  aclFile,
  type RedisLoginName,
  type RedisPasswords,
  redisLoginNames,
} from "../../../components/services/redis/logins.ts";
import { redisValues } from "../../../components/services/redis/redis.ts";
import { redisSettings } from "../../../components/settings/sections/services.ts";
import { freePort } from "../../support/servers/ports.ts";
import { programOf, type Started } from "../../support/servers/program.ts";
import { only, render } from "../render.ts";

/** Of every login, for one run of a test. */
export const passwords = Object.fromEntries(
  redisLoginNames.map((login) => [login, randomBytes(16).toString("hex")]),
) as Record<RedisLoginName, string>;

/** Of all pods, as they have them from one Secret. */
export const certificates = begin(["localhost"]);

export const chartValues = redisValues(redisSettings.parse({ memory: "64Mi" }), {
  storageClass: "",
  loginsHash: "0a1b2c3d4e",
  tlsHash: "1b2c3d4e5f",
});

/** A Redis that was started as in its pod. */
export interface Pod {
  started: Started;
  port: number;
  /** File with what clients trust its certificate by. */
  caFile: string;
  /** What Redis answers an administrator. */
  ask(...words: string[]): string;
}

/** Writes what the pod mounts of its Secret. @param previous passwords that open beside those in use */
export function writeLogins(root: string, mcpWrites = false, previous: Partial<RedisPasswords> = {}): void {
  const { admin, replica, probe } = passwords;
  const files = { "users.acl": aclFile(passwords, mcpWrites, previous), admin, replica, probe };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, "secrets", name), text);
}

/** Writes what the pod mounts of its certificate. */
export function writeCertificate(root: string, { certificate, key, trusted }: SuccessionState): void {
  const files = { "tls.crt": certificate, "tls.key": key, "ca.crt": trusted };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, "tls", name), text);
}

/** Starts Redis as the pod does: the rendered script, with this machine's folders in place of the pod's. */
export async function start(root: string, hostname: string, port: number, primary: number): Promise<Pod> {
  const caFile = join(root, "tls/ca.crt");
  const { data } = only(render("redis", "data", chartValues), "ConfigMap");
  for (const folder of ["secrets", "tls", "etc", "run", "data"])
    mkdirSync(join(root, folder), { recursive: true });
  const local = (text = "") =>
    text
      .replace("bind * -::*", "bind 127.0.0.1")
      .replace("tls-port 6379", `tls-port ${port}`)
      .replaceAll("/run/secrets/tls", join(root, "tls"))
      .replace("%s-0.%s-pods 6379", `127.0.0.1 ${primary}`)
      .replaceAll("/run/secrets/redis", join(root, "secrets"))
      .replaceAll("/etc/redis", join(root, "etc"))
      .replaceAll("/run/redis", join(root, "run"))
      .replaceAll("/etc/hostname", join(root, "etc/hostname"))
      .replace("dir /data", `dir ${join(root, "data")}`);
  writeLogins(root);
  if (!existsSync(caFile)) writeCertificate(root, await certificates);
  writeFileSync(join(root, "etc/hostname"), `${hostname}\n`);
  writeFileSync(join(root, "etc/redis.conf"), local(data?.["redis.conf"]));
  writeFileSync(join(root, "etc/start.sh"), local(data?.["start.sh"]));
  const started = programOf("redis", "redis-server", ["--version"]).start(
    "sh",
    [join(root, "etc/start.sh")],
    { folder: root, stdio: "ignore" },
  );
  const askAs = (login: RedisLoginName, ...words: string[]) =>
    started
      .ask("redis-cli", ["--tls", "--cacert", caFile, "-p", String(port), "--user", login, ...words], {
        REDISCLI_AUTH: passwords[login],
      })
      .trim();
  await waitFor({ what: `redis ${hostname}`, deadline: 240, interval: 0.1 }, async () => {
    const { exitCode } = started.process;
    if (exitCode !== null) throw new Unrecoverable(new Error(`redis ended with ${exitCode}`));
    const answer = askAs("probe", "ping");
    if (answer !== "PONG") throw new Error(answer);
    return true;
  }).catch(started.abandon);
  return { started, port, caFile, ask: (...words) => askAs("admin", ...words) };
}

export async function stop(pod: Pod | undefined, signal: NodeJS.Signals) {
  if (!pod) return;
  const { process, signal: send } = pod.started;
  if (process.exitCode !== null || process.signalCode !== null) return;
  const ended = once(process, "exit");
  send(signal);
  await ended;
}

/** A Redis for the tests of a group, which is gone after them. */
export interface PodStage {
  /** What its pod mounts and writes. */
  folder: string;
  pod: Pod;
  /** Starts it again, where it ended, with what is in the folder by then. */
  restart(): Promise<void>;
}

/** Starts a Redis before a group's tests. */
export function stagePod(): PodStage {
  const stage = {
    restart: async () => {
      stage.pod = await start(stage.folder, "redis-0", stage.pod.port, 0);
    },
  } as PodStage;
  beforeAll(async () => {
    stage.folder = mkdtempSync(join(tmpdir(), "redis-"));
    stage.pod = await start(stage.folder, "redis-0", await freePort(), 0);
  });
  afterAll(async () => {
    await stop(stage.pod, "SIGKILL");
    if (stage.folder) rmSync(stage.folder, { recursive: true, force: true });
  });
  return stage;
}
