import { mkdir, readlink, rm, symlink } from "node:fs/promises";
import { dirname } from "node:path";
import { digest } from "../../components/core/digest.ts";
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

/** Text of a lock: the target of the link, "" for anything else in its place, undefined where there is none. */
const textOf = (file: string): Promise<string | undefined> =>
  readlink(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    if (error.code === "EINVAL") return "";
    throw error;
  });

/** The running process that a lock names; undefined where the text names none, or a dead one. */
async function holderIn(text: string | undefined): Promise<Holder | undefined> {
  const [pid, started, command] = (text ?? "").split(" ");
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
  const holder = await holderIn(await textOf(file));
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
    const found = await textOf(file);
    const holder = await holderIn(found);
    if (holder) throw new LabBusy(holder.command, holder.pid);
    if (found !== undefined) await removeDead(file, found, command);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

/**
 * Removes a dead process's lock. Guarded by a lock that is named after it: of several commands that found it dead, the
 * second would remove the lock that the first has taken since.
 */
const removeDead = (file: string, found: string, command: string): Promise<void> =>
  withLock(`${file}.${digest(found)}`, command, async () => {
    if ((await textOf(file)) === found) await rm(file, { force: true });
  });
