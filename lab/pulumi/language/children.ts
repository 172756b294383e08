import { type ChildProcess, spawn } from "node:child_process";

/** Seconds between SIGINT and SIGKILL, as in the official host. */
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

/** The running Node processes of this host. */
export class Children {
  readonly #running = new Set<ChildProcess>();

  /** Runs a program with the Node executable of this process. */
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

  /** Interrupts all children, and kills those that do not end in time. */
  interrupt(): void {
    for (const child of this.#running) stop(child);
  }

  kill(): void {
    for (const child of this.#running) child.kill("SIGKILL");
  }
}

/** Interrupts a program, and kills it when it has not ended in `graceSeconds`. */
export function stop(child: ChildProcess): void {
  child.kill("SIGINT");
  setTimeout(() => child.kill("SIGKILL"), graceSeconds * 1000).unref();
}
