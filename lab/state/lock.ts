import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
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

/** Runs `work` while no other command changes the lab; a lock left by a dead process is taken over. */
export async function withLock<T>(file: string, command: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const self = await identify(process.pid);
  const text = JSON.stringify({ ...self, command });
  for (;;) {
    try {
      await writeFile(file, text, { flag: "wx" });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = JSON.parse(await readFile(file, "utf8").catch(() => "null")) as Holder | null;
    if (holder && (await alive(holder))) throw new LabBusy(holder.command, holder.pid);
    await rm(file, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}
