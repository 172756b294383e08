import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const text = (file: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // The process is gone, or is somebody else's.
    return "";
  }
};

/** Megabytes that a process has in memory, its part of what it shares; 0 once it is gone. */
function residentOf(pid: number): number {
  const own = /^Pss:\s+(\d+) kB/m.exec(text(`/proc/${pid}/smaps_rollup`));
  const all = own ?? /^VmRSS:\s+(\d+) kB/m.exec(text(`/proc/${pid}/status`));
  return Number(all?.[1] ?? 0) / 1024;
}

/** A process and all that it started; none while there is none. */
export function familyOf(pid: number | undefined): number[] {
  if (pid === undefined) return [];
  const children = text(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
  return [pid, ...children.flatMap(familyOf)];
}

/** PostgreSQL's first process, by its port: it may be in a container. @throws when there is none */
export function postgresAt(port: number): number {
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    const words = text(`/proc/${name}/cmdline`).split("\0");
    const program = words[0] ?? "";
    if (/(^|\/)postgres$/.test(program) && words[words.indexOf("-p") + 1] === String(port))
      return Number(name);
  }
  throw new Error(`no process of PostgreSQL listens at ${port}: its memory cannot be watched`);
}

/** Watches what groups of processes have in memory together, and remembers the most since it was last asked. */
export function watchMemory(groups: Record<string, () => readonly number[]>) {
  const peaks: Record<string, number> = {};
  const look = () => {
    for (const [name, pids] of Object.entries(groups)) {
      const used = pids().reduce((sum, pid) => sum + residentOf(pid), 0);
      peaks[name] = Math.max(peaks[name] ?? 0, used);
    }
  };
  const timer = setInterval(look, 250);
  return {
    take(): Record<string, number> {
      look();
      const taken = { ...peaks };
      for (const name of Object.keys(peaks)) delete peaks[name];
      return taken;
    },
    stop: () => clearInterval(timer),
  };
}

/** Megabytes of the files in a folder. */
export function sizeOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return files.reduce((sum, one) => sum + statSync(join(one.parentPath, one.name)).size, 0) / 2 ** 20;
}
