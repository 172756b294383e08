import { readFile, readlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { processes, withVariable } from "../../../lab/state/process.ts";

/** Names of an engine's programs among these processes. */
async function engineNames(pids: number[]): Promise<string[]> {
  const names = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")));
  return names.map((name) => name.trim()).filter((name) => /docker|containerd/.test(name));
}

/** The mount namespace of this process. */
export const ownNamespace = (): Promise<string> => readlink("/proc/self/ns/mnt");

/** Names of an engine's programs that run in that mount namespace. */
export async function enginePrograms(namespace: string): Promise<string[]> {
  const all = await processes();
  const namespaces = await Promise.all(all.map((pid) => readlink(`/proc/${pid}/ns/mnt`).catch(() => "")));
  return engineNames(all.filter((_, index) => namespaces[index] === namespace));
}

/** Names of an engine's programs that count as started by this test run, which ends them when it is interrupted. */
export const programsOfRun = async (): Promise<string[]> =>
  engineNames((await withVariable("TMPDIR", tmpdir())).map(({ pid }) => pid));
