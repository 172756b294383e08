import { readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { readJson } from "../../tools/readJson.ts";
import { endProcess, hasVariable, identify } from "../state/process.ts";
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

/** The file backend's lock files; empty before the first state. */
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
 * Ends a CLI that still operates on this state after its command was killed: first with SIGTERM, so that it records
 * what it has done. Call it only when no other command can be running.
 */
export async function endLeftCli(state: string, graceSeconds = 60): Promise<void> {
  for (const file of await lockFiles(state)) {
    const lock = await readJson(file, lockSchema);
    if (!lock || lock.hostname !== hostname()) continue;
    const id = await identify(lock.pid);
    // The process id may have been reused.
    const ours = await hasVariable(lock.pid, "PULUMI_BACKEND_URL", backendUrl(state));
    if (id && ours) await endProcess(id, graceSeconds);
  }
}

/**
 * Removes the file backend's locks of processes of this machine that no longer run, and returns their process ids.
 * A killed CLI leaves its lock, and a full disk leaves an empty one; either makes every later run fail. Locks of
 * running processes are kept.
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
 * Removes incomplete files from the file backend after a CLI was killed or the disk was full: temporary files, and
 * `.attrs` files, which the backend does not write atomically. A stack with an empty `.attrs` file cannot be read;
 * without the file it can. Does nothing while a CLI is running.
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
