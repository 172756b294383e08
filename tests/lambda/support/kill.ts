import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { waitFor } from "../../../components/core/wait.ts";
import type { Phase } from "../../../lab/cloud/wire/server.ts";
import { backendUrl } from "../../../lab/pulumi/toolchain.ts";
import { hasVariable, processes } from "../../../lab/state/process.ts";

const read = (file: string): Promise<string> => readFile(file, "utf8").catch(() => "");

/** The dynamic-provider processes of one stack: known by its state folder in their environment. */
async function providersOf(state: string): Promise<number[]> {
  const found = await Promise.all(
    (await processes()).map(async (pid) => {
      const command = await read(`/proc/${pid}/cmdline`);
      const [program = ""] = command.split("\0");
      if (basename(program) !== "node" || !command.includes("dynamic-provider")) return [];
      return (await hasVariable(pid, "PULUMI_BACKEND_URL", backendUrl(state))) ? [pid] : [];
    }),
  );
  return found.flat();
}

/** Kills them as `kill -9` does, and returns when they are dead. */
export async function killProviders(state: string): Promise<void> {
  const pids = await providersOf(state);
  if (pids.length === 0) throw new Error(`no provider process runs for ${state}`);
  for (const pid of pids) process.kill(pid, "SIGKILL");
  await waitFor({ what: `provider ${pids} to be dead`, deadline: 120, interval: 0.01 }, async () =>
    (await providersOf(state)).length === 0 ? true : { notYet: "still there" },
  );
}

/** Says once, at a phase of an operation, that the moment has come. */
export class Trap {
  #armed: { operation: string; phase: Phase; spring: () => Promise<void> } | undefined;
  arm(operation: string, phase: Phase, spring: () => Promise<void>): void {
    this.#armed = { operation, phase, spring };
  }
  get sprung(): boolean {
    return this.#armed === undefined;
  }
  readonly observe = async (phase: Phase, request: { operation: string }): Promise<void> => {
    const armed = this.#armed;
    if (armed?.phase !== phase || armed.operation !== request.operation) return;
    this.#armed = undefined;
    await armed.spring();
  };
}
