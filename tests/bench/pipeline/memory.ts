import { readFileSync } from "node:fs";

/** Megabytes that a process has in memory; 0 once it is gone. */
function residentOf(pid: number): number {
  try {
    const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(found?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Watches what processes have in memory, and remembers the most since it was last asked. */
export function watchMemory(pids: Record<string, number>) {
  const peaks: Record<string, number> = {};
  const look = () => {
    for (const [name, pid] of Object.entries(pids)) peaks[name] = Math.max(peaks[name] ?? 0, residentOf(pid));
  };
  const timer = setInterval(look, 100);
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
