import { mkdir, readlink, rm, symlink } from "node:fs/promises";
import { dirname } from "node:path";
import { alive, endProcess, identify, type ProcessId } from "./process.ts";

/** Another command is using the lab. */
export class LabBusy extends Error {
  constructor(command: string, pid: number) {
    super(
      `\`make ${command}\` (process ${pid}) is using this lab; wait until it ends, or interrupt it: kill ${pid}`,
    );
    this.name = "LabBusy";
  }
}

/** The process that holds a lock, and the lab command that it runs. */
export interface Holder extends ProcessId {
  command: string;
}

/** The running process that holds the lock; undefined where the lock is free, unreadable or left by a dead process. */
async function holderOf(file: string): Promise<Holder | undefined> {
  const [pid, started, command] = (await readlink(file).catch(() => "")).split(" ");
  if (!started || !command) return undefined;
  const holder = { pid: Number(pid), started, command };
  return (await alive(holder)) ? holder : undefined;
}

/**
 * Interrupts the command that holds the lock, as Ctrl-C does, waits until it has ended, and kills it after
 * `graceSeconds`. For the owner of the lab only.
 *
 * @returns the command that was ended; undefined where the lock was free
 */
export async function endHolder(file: string, graceSeconds = 60): Promise<Holder | undefined> {
  const holder = await holderOf(file);
  if (holder) await endProcess(holder, graceSeconds, "SIGINT");
  return holder;
}

/**
 * Runs `work` while no other command changes the lab; a lock left by a dead process is taken over. The lock is a
 * symbolic link whose target names its holder: creating it is atomic, also on a full disk.
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
    if (holder) throw new LabBusy(holder.command, holder.pid);
    await rm(file, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}
