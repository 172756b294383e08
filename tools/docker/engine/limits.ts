import { readFile, writeFile } from "node:fs/promises";
import { dropLimits, readLimits, writeLimits } from "./record.ts";

/** Kernel limits that all hosts of a machine share, and what some labs at once need of them. */
const wanted: Record<string, number> = {
  // Each systemd, kubelet and containerd takes a handful, all as root; of the usual 128 some ten hosts take the last,
  // and the next one hangs while it boots.
  "/proc/sys/fs/inotify/max_user_instances": 8192,
  "/proc/sys/fs/inotify/max_user_watches": 524_288,
};

/**
 * Raises the limits that are too low, and notes what they were for `restoreLimits`.
 *
 * @throws Where this process may not, with the command that does it by hand.
 */
export async function raiseLimits(): Promise<void> {
  for (const [file, value] of Object.entries(wanted)) {
    const now = await readFile(file, "utf8").catch(() => undefined);
    if (now === undefined || Number(now) >= value) continue;
    try {
      await writeFile(file, String(value));
    } catch (cause) {
      const setting = file.replace("/proc/sys/", "").replaceAll("/", ".");
      throw new Error(
        `${setting} is ${now.trim()}, too low for the lab's hosts; run: sudo sysctl ${setting}=${value}`,
        { cause },
      );
    }
    const before = await readLimits();
    if (before[file] === undefined) await writeLimits({ ...before, [file]: Number(now) });
  }
}

/** Puts the limits back as the first lab found them. */
export async function restoreLimits(): Promise<void> {
  for (const [file, value] of Object.entries(await readLimits())) await writeFile(file, String(value));
  await dropLimits();
}
