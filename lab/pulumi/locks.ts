import { readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { endProcess, hasVariable, identify } from "../state/process.ts";
import { readJson } from "../state/readJson.ts";
import { backendUrl } from "./toolchain.ts";

const lockSchema = z.looseObject({ pid: z.number().int(), hostname: z.string() });

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Files of the file backend's locks; none where there is no state yet. */
async function lockFiles(state: string): Promise<string[]> {
  const entries = await readdir(join(state, ".pulumi/locks"), { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    },
  );
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
    .map((entry) => join(entry.parentPath, entry.name));
}

/**
 * Ends the CLI that a killed command left behind at work on this state: politely at first, as it then writes down what it
 * did. To be called only where nobody else's command may be at work.
 */
export async function endLeftCli(state: string, graceSeconds = 60): Promise<void> {
  for (const file of await lockFiles(state)) {
    const lock = await readJson(file, lockSchema);
    if (!lock || lock.hostname !== hostname()) continue;
    const id = await identify(lock.pid);
    // Another program may have the number by now.
    const ours = await hasVariable(lock.pid, "PULUMI_BACKEND_URL", backendUrl(state));
    if (id && ours) await endProcess(id, graceSeconds);
  }
}

/**
 * Removes the file backend's locks of processes of this machine that no longer run, and returns their pids.
 * A killed CLI leaves its lock, a full disk an empty one, and every later run would be refused. Locks of live processes
 * stay.
 */
export async function removeDeadLocks(state: string): Promise<number[]> {
  const removed: number[] = [];
  for (const path of await lockFiles(state)) {
    const lock = await readJson(path, lockSchema);
    if (lock && (lock.hostname !== hostname() || alive(lock.pid))) continue;
    for (const file of [path, `${path}.attrs`]) await rm(file, { force: true });
    if (lock) removed.push(lock.pid);
  }
  return removed;
}

/**
 * Removes what a CLI that was killed, or found the disk full, left half-written in the file backend: drafts, and the
 * backend's notes about a file, which it does not write whole or not at all as it does the file. With an empty one the
 * stack could not be read any more; without one it can. Does nothing while a CLI is at work.
 */
export async function mendState(state: string): Promise<void> {
  if ((await lockFiles(state)).length > 0) return;
  const entries = await readdir(join(state, ".pulumi"), { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    },
  );
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const torn = entry.name.endsWith(".attrs") && !(await readJson(path, z.looseObject({})));
    if (torn || entry.name.endsWith(".tmp")) await rm(path, { force: true });
  }
}
