import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Whether file systems can be made here. */
export const canMount = process.platform === "linux" && process.getuid?.() === 0;

export interface SmallDisk {
  folder: string;
  /** Writes a file that leaves at most so many bytes free. */
  fill(leave: number): Promise<void>;
  /** Removes what filled it. */
  free(): Promise<void>;
}

/**
 * A file system of that many bytes, in memory, until the test ends. It is mounted in a namespace of a process that ends
 * with this one, and reached through that process: nothing stays mounted, whatever happens to the test.
 */
export async function smallDisk(bytes: number): Promise<SmallDisk> {
  const point = await mkdtemp(join(tmpdir(), "disk-"));
  const mount = `mount -t tmpfs -o size=${bytes} none "$0" && echo ready && exec cat`;
  const holder = spawn("unshare", ["--mount", "sh", "-c", mount, point], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(async () => {
    if (holder.exitCode === null) {
      holder.stdin.end();
      await once(holder, "exit");
    }
    await rm(point, { recursive: true });
  });
  await once(holder.stdout, "data");
  const folder = `/proc/${holder.pid}/root${point}`;
  const ballast = join(folder, "ballast");
  return {
    folder,
    async fill(leave) {
      const { bavail, bsize } = await statfs(folder);
      await writeFile(ballast, Buffer.alloc(bavail * bsize - leave)).catch((error: NodeJS.ErrnoException) => {
        // Somebody else wrote in between: now it is as full as it should be.
        if (error.code !== "ENOSPC") throw error;
      });
    },
    free: () => rm(ballast),
  };
}
