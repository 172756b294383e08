import { readFile, rm } from "node:fs/promises";
import { notYet, waitFor } from "../../../components/core/wait.ts";

/** Whether a process with that number and name lives: not one that ended, nor a later one with the same number. */
async function lives(pid: number, program: string): Promise<boolean> {
  const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
  const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return name.trim() === program && !/\) [ZX] /.test(state);
}

/** Whether that process is a Docker engine. */
export const isEngine = (pid: number): Promise<boolean> => lives(pid, "dockerd");

async function pidIn(file: string): Promise<number | undefined> {
  const pid = Number((await readFile(file, "utf8").catch(() => "")).trim());
  return pid > 0 ? pid : undefined;
}

/** Process id of the engine that says it is this machine's. */
export const daemonPid = (): Promise<number | undefined> => pidIn("/var/run/docker.pid");

/** Process id of this machine's engine, where it lives. */
export async function runningEngine(): Promise<number | undefined> {
  const pid = await daemonPid();
  return pid !== undefined && (await isEngine(pid)) ? pid : undefined;
}

const containerdPidFile = "/var/run/docker/containerd/containerd.pid";

/**
 * Ends the containerd of an engine that was killed, and forgets it: a new engine would take it for alive as long as its
 * number is in use, even by its remains, and wait for it in vain.
 */
export async function clearDeadEngine(): Promise<void> {
  if ((await runningEngine()) !== undefined) return;
  const pid = await pidIn(containerdPidFile);
  if (pid === undefined) return;
  if (await lives(pid, "containerd")) {
    process.kill(pid, "SIGTERM");
    await waitFor({ what: `containerd (process ${pid}) to end`, deadline: 120, interval: 0.1 }, async () =>
      (await lives(pid, "containerd")) ? notYet("it still runs") : true,
    );
  }
  await rm(containerdPidFile, { force: true });
}
