import { readFile, writeFile } from "node:fs/promises";
import { dropLimits, readLimits, writeLimits } from "./record.ts";

const file = "/proc/sys/fs/inotify/max_user_instances";

/**
 * Every systemd, D-Bus and kubelet of every host watches files as the same user, root, and many kernels allow 128
 * instances: with some ten hosts the next one hangs while it boots. Kubernetes in Docker meets the same limit.
 */
const needed = 1024;

/** Raises the limit where it is too low and this process may; says otherwise what to do when hosts hang. */
export async function raiseLimits(log: (line: string) => void): Promise<void> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  const before = Number(text?.trim() ?? needed);
  if (before >= needed) return;
  if (process.getuid?.() !== 0) {
    log(
      `if hosts hang while they boot: sudo sysctl fs.inotify.max_user_instances=${needed} (it is ${before})`,
    );
    return;
  }
  if ((await readLimits()) === undefined) await writeLimits({ inotifyInstances: before });
  await writeFile(file, String(needed));
}

/** Puts the limit back as the first lab found it. */
export async function restoreLimits(): Promise<void> {
  const before = await readLimits();
  if (before === undefined) return;
  await writeFile(file, String(before.inotifyInstances));
  await dropLimits();
}
