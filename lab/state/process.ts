import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { notYet, waitFor } from "../../components/core/wait.ts";
import { readJson } from "../../tools/readJson.ts";
import { replaceFile } from "../../tools/replaceFile.ts";

const processId = z.object({ pid: z.number().int().positive(), started: z.string() });

/** A process, identified by its number and its start time, as numbers are reused. */
export type ProcessId = z.infer<typeof processId>;

/** When a process started, in the system's units; undefined when it does not exist. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    // Field 3 is the state: a zombie has ended. Field 22 is the start time.
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    // Systems without /proc: only the number can be checked.
    try {
      process.kill(pid, 0);
      return "unknown";
    } catch {
      return undefined;
    }
  }
}

/** Identifies a running process. */
export async function identify(pid: number): Promise<ProcessId | undefined> {
  const started = await startOf(pid);
  return started === undefined ? undefined : { pid, started };
}

/** Whether that process, and not a later one with its number, is running. */
export const alive = async (id: ProcessId): Promise<boolean> => (await startOf(id.pid)) === id.started;

/** All process ids; none on systems without /proc. */
export const processes = async (): Promise<number[]> =>
  (await readdir("/proc").catch(() => [])).filter((name) => /^[0-9]+$/.test(name)).map(Number);

/** Running processes with that environment variable; none on systems without /proc. */
export async function withVariable(name: string, value: string): Promise<ProcessId[]> {
  const found = await Promise.all(
    (await processes()).map(async (pid) =>
      (await hasVariable(pid, name, value)) ? identify(pid) : undefined,
    ),
  );
  return found.filter((id) => id !== undefined);
}

/** Other users' processes cannot be read: false. */
export async function hasVariable(pid: number, name: string, value: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
  return environment.split("\0").includes(`${name}=${value}`);
}

/** The process in a process file, if it is running. */
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

/** Starts a process that outlives this one; its output goes to a file. */
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
    // Without its process file it could not be stopped later.
    await endProcess(id, 10, "SIGKILL");
    throw error;
  }
  return id;
}

/**
 * Sends a signal to a process, waits for its end, and kills it when it is still running after `graceSeconds`.
 *
 * @throws when the process survives SIGKILL for a minute
 */
export async function endProcess(
  id: ProcessId,
  graceSeconds = 10,
  signal: NodeJS.Signals = "SIGTERM",
): Promise<void> {
  send(id, signal);
  const gone = async () => ((await alive(id)) ? notYet("it still runs") : true);
  const what = `process ${id.pid} to end`;
  try {
    await waitFor({ what, deadline: graceSeconds, interval: 0.1 }, gone);
  } catch {
    send(id, "SIGKILL");
    await waitFor({ what, deadline: 60, interval: 0.1 }, gone);
  }
}

function send({ pid }: ProcessId, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has just ended.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Ends the process in a process file, and removes the file. */
export async function stopDaemon(pidFile: string, graceSeconds = 10): Promise<void> {
  const id = await fromFile(pidFile);
  if (id) await endProcess(id, graceSeconds);
  await rm(pidFile, { force: true });
}
