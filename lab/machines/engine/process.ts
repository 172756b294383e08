import { readFile } from "node:fs/promises";

/** Whether `pid` is an engine that lives, and not a later process with the same number. */
export async function isEngine(pid: number): Promise<boolean> {
  const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
  const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return name.trim() === "dockerd" && !/\) Z /.test(state);
}

/** Process id of the engine that says it is this machine's. */
export async function daemonPid(): Promise<number | undefined> {
  const text = await readFile("/var/run/docker.pid", "utf8").catch(() => "");
  const pid = Number(text.trim());
  return pid > 0 ? pid : undefined;
}
