import { readdir, readFile } from "node:fs/promises";

/** Milliseconds between two looks: what lives shorter may be missed. */
const interval = 500;
/** Looks at a process: in its first moments a child has its parent's command line. */
const looks = 3;

export interface Watch {
  /** Fulfilled when it looked for the first time. */
  ready: Promise<void>;
  /** Ends it. @returns every command line that was seen, one a line, its arguments apart by blanks */
  stop(): Promise<string>;
}

/**
 * Notes the command lines of all processes of this machine, and so of its containers, from now on: what an update starts
 * and ends again is not there any more for who looks afterwards.
 */
export function watchCommandLines(folder = "/proc"): Watch {
  const seen = new Set<string>();
  let known = new Map<string, number>();
  let stopped = false;
  let wake: () => void = () => undefined;

  async function look(): Promise<void> {
    const now = new Map<string, number>();
    const pids = (await readdir(folder)).filter((name) => /^\d+$/.test(name));
    await Promise.all(
      pids.map(async (pid) => {
        const before = known.get(pid) ?? 0;
        now.set(pid, before + 1);
        if (before >= looks) return;
        // It may end between the list and the reading.
        const line = await readFile(`${folder}/${pid}/cmdline`, "utf8").catch(() => "");
        if (line !== "") seen.add(line.replaceAll("\0", " ").trim());
      }),
    );
    known = now;
  }

  const ready = look();
  const watching = (async () => {
    await ready;
    while (!stopped) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, interval);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (stopped) wake();
      });
      await look();
    }
  })();
  return {
    ready,
    async stop() {
      stopped = true;
      wake();
      await watching;
      return [...seen].join("\n");
    },
  };
}
