import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { notYet, waitFor } from "../../components/core/wait.ts";
import { replaceFile } from "../replaceFile.ts";
import { readJson } from "./readJson.ts";

const processId = z.object({ pid: z.number().int().positive(), started: z.string() });

/** A process of ours, told from a later one with the same number by the moment it started. */
export type ProcessId = z.infer<typeof processId>;

/** When a process started, in the system's own words; undefined when there is none. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    // Field 3 is the state: what only waits to be reaped runs no more. Field 22 is the start.
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    // Systems without /proc: the number alone must do.
    try {
      process.kill(pid, 0);
      return "unknown";
    } catch {
      return undefined;
    }
  }
}

/** Names this or another process for a file. */
export async function identify(pid: number): Promise<ProcessId | undefined> {
  const started = await startOf(pid);
  return started === undefined ? undefined : { pid, started };
}

/** Whether exactly that process still runs. */
export const alive = async (id: ProcessId): Promise<boolean> => (await startOf(id.pid)) === id.started;

/** Every process of this machine; none on systems without /proc. */
export const processes = async (): Promise<number[]> =>
  (await readdir("/proc").catch(() => [])).filter((name) => /^[0-9]+$/.test(name)).map(Number);

/** Whether a process has that in its environment. Those of other users cannot be read, and are none of ours. */
export async function hasVariable(pid: number, name: string, value: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
  return environment.split("\0").includes(`${name}=${value}`);
}

/** The process that a file names, if it still runs. */
export async function fromFile(file: string): Promise<ProcessId | undefined> {
  const id = await readJson(file, processId);
  return id && (await alive(id)) ? id : undefined;
}

export interface DaemonOptions {
  pidFile: string;
  logFile: string;
  env?: Record<string, string>;
  cwd?: string;
}

/** Starts a process that outlives us; its output goes to a file. */
export async function startDaemon(
  command: string,
  args: string[],
  options: DaemonOptions,
): Promise<ProcessId> {
  await mkdir(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, "a");
  const child = spawn(command, args, {
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, ...options.env },
    ...(options.cwd && { cwd: options.cwd }),
  });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  child.unref();
  const id = child.pid === undefined ? undefined : await identify(child.pid);
  if (!id) throw new Error(`${command} ended as soon as it was started; see ${options.logFile}`);
  try {
    replaceFile(options.pidFile, JSON.stringify(id));
  } catch (error) {
    // Nobody would find it again.
    process.kill(id.pid, "SIGKILL");
    throw error;
  }
  return id;
}

/** Ends a process: politely, then for good. */
export async function endProcess(id: ProcessId, graceSeconds = 10): Promise<void> {
  send(id, "SIGTERM");
  const gone = async () => ((await alive(id)) ? notYet("it still runs") : true);
  const what = `process ${id.pid} to end`;
  try {
    await waitFor({ what, deadline: graceSeconds, interval: 0.1 }, gone);
  } catch {
    send(id, "SIGKILL");
    await waitFor({ what, deadline: 10, interval: 0.1 }, gone);
  }
}

function send({ pid }: ProcessId, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended by itself in this moment.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Ends the process that a file names, and forgets it. */
export async function stopDaemon(pidFile: string, graceSeconds = 10): Promise<void> {
  const id = await fromFile(pidFile);
  if (id) await endProcess(id, graceSeconds);
  await rm(pidFile, { force: true });
}
