import { readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { readJson } from "../state/readJson.ts";

const lockSchema = z.looseObject({ pid: z.number().int(), hostname: z.string() });

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/**
 * Removes the file backend's locks of processes of this machine that no longer run, and returns their pids.
 * A killed CLI leaves its lock, a full disk an empty one, and every later run would be refused. Locks of live processes
 * stay.
 */
export async function removeDeadLocks(state: string): Promise<number[]> {
  const folder = join(state, ".pulumi/locks");
  const files = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    },
  );
  const removed: number[] = [];
  for (const file of files) {
    if (!file.isFile() || !file.name.endsWith(".json")) continue;
    const path = join(file.parentPath, file.name);
    const lock = await readJson(path, lockSchema);
    if (lock && (lock.hostname !== hostname() || alive(lock.pid))) continue;
    await rm(path, { force: true });
    if (lock) removed.push(lock.pid);
  }
  return removed;
}
