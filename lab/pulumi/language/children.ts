import { type ChildProcess, spawn } from "node:child_process";

/** Seconds that a program has to end after it was asked to, as in the official host. */
const graceSeconds = 5;

export interface Spawn {
  args: string[];
  env: Record<string, string | undefined>;
  cwd?: string;
  stdout: (chunk: Buffer) => void;
  stderr: (chunk: Buffer) => void;
}

export type Ending =
  | { kind: "exit"; code: number }
  | { kind: "signal"; signal: string }
  | { kind: "failed"; error: Error };

/** The Node processes that this host has started and not yet seen end. */
export class Children {
  readonly #running = new Set<ChildProcess>();

  /** Runs Node 24 (this process's own) to its end. */
  run(options: Spawn): { process: ChildProcess; ended: Promise<Ending> } {
    const child = spawn(process.execPath, options.args, {
      env: options.env,
      cwd: options.cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#running.add(child);
    child.stdout.on("data", options.stdout);
    child.stderr.on("data", options.stderr);
    const ended = new Promise<Ending>((resolve) => {
      child.on("error", (error) => resolve({ kind: "failed", error }));
      child.on("close", (code, signal) =>
        resolve(code === null ? { kind: "signal", signal: String(signal) } : { kind: "exit", code }),
      );
    }).finally(() => this.#running.delete(child));
    return { process: child, ended };
  }

  /** Asks every child to end, and kills those that do not. */
  interrupt(): void {
    for (const child of this.#running) stop(child);
  }

  kill(): void {
    for (const child of this.#running) child.kill("SIGKILL");
  }
}

export function stop(child: ChildProcess): void {
  child.kill("SIGINT");
  setTimeout(() => child.kill("SIGKILL"), graceSeconds * 1000).unref();
}
