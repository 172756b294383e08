import { mkdir, readlink, rm, symlink } from "node:fs/promises";
import { dirname } from "node:path";
import { alive, identify, type ProcessId } from "./process.ts";

/** Another command is at work on the lab. */
export class LabBusy extends Error {
  constructor(command: string, pid: number) {
    super(
      `\`make ${command}\` (process ${pid}) is at work on this lab; wait for it, or end it with: kill ${pid}`,
    );
    this.name = "LabBusy";
  }
}

interface Holder extends ProcessId {
  command: string;
}

/** Who holds the lock; nobody where it says nothing that can be read. */
async function holderOf(file: string): Promise<Holder | undefined> {
  const [pid, started, command] = (await readlink(file).catch(() => "")).split(" ");
  return started && command ? { pid: Number(pid), started, command } : undefined;
}

/**
 * Runs `work` while no other command changes the lab; a lock left by a dead process is taken over. The lock is a
 * symbolic link whose target is no path but its holder: it comes whole or not at all, also where the disk is full.
 */
export async function withLock<T>(file: string, command: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const self = await identify(process.pid);
  const text = `${self?.pid} ${self?.started} ${command}`;
  for (;;) {
    try {
      await symlink(text, file);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = await holderOf(file);
    if (holder && (await alive(holder))) throw new LabBusy(holder.command, holder.pid);
    await rm(file, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}
