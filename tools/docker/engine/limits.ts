import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { asError } from "../../../components/core/errors.ts";
import { dropLimits, readLimits, writeLimits } from "./record.ts";

/** Kernel limits that all hosts of a machine share, and what some labs at once need of them. */
const wanted: Record<string, number> = {
  // Each systemd, kubelet and containerd takes a handful, all as root; of the usual 128 some ten hosts take the last,
  // and the next one hangs while it boots.
  "fs.inotify.max_user_instances": 8192,
  "fs.inotify.max_user_watches": 524_288,
};

/**
 * Raises the limits that are too low for the lab's hosts, and notes what they were for `restoreLimits`. To be called where
 * hosts are started; builds and plans need none of it.
 *
 * @param kernel where the kernel shows its settings
 * @throws Where this process may not, with each limit and the one command that raises them by hand.
 */
export async function raiseLimits(kernel = "/proc/sys"): Promise<void> {
  const refused: { setting: string; now: number; cause: Error }[] = [];
  for (const [setting, value] of Object.entries(wanted)) {
    const file = join(kernel, setting.replaceAll(".", "/"));
    // Other systems have no such limits.
    const text = await readFile(file, "utf8").catch(() => undefined);
    const now = Number(text);
    if (text === undefined || now >= value) continue;
    try {
      await writeFile(file, String(value));
    } catch (error) {
      refused.push({ setting, now, cause: asError(error) });
      continue;
    }
    const before = await readLimits();
    if (before[file] === undefined) await writeLimits({ ...before, [file]: now });
  }
  if (refused.length === 0) return;
  const found = refused.map(({ setting, now }) => `${setting} is ${now}`).join(" and ");
  const assignments = refused.map(({ setting }) => `${setting}=${wanted[setting]}`).join(" ");
  throw new Error(
    `${found}, too low for the lab's hosts, and this user may not raise it; run: sudo sysctl ${assignments}`,
    { cause: refused[0]?.cause },
  );
}

/** Puts the limits back as the first lab found them. */
export async function restoreLimits(): Promise<void> {
  for (const [file, value] of Object.entries(await readLimits())) await writeFile(file, String(value));
  await dropLimits();
}
