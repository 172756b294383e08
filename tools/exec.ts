import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { messageOf } from "../components/core/errors.ts";

export interface RunOptions {
  cwd?: string;
  /** Laid over this process's environment; `undefined` leaves a variable out. */
  env?: Record<string, string | undefined>;
  /** Text for standard input; the place for secrets. */
  stdin?: string;
  /** Every line of both outputs as it comes. */
  onLine?: (line: string) => void;
  signal?: AbortSignal | undefined;
  /**
   * Keeps a terminal's Ctrl-C from the program: it hears of it once, by `signal`. For programs that take a second
   * interrupt as the wish to end at once, in the middle of their work.
   */
  shielded?: boolean;
  /** Return instead of throwing when the command fails. */
  allowFailure?: boolean;
}

export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** A command failed. The message has the command's name, its exit code and the end of what it said. */
export class CommandFailed extends Error {
  readonly result: RunResult;
  constructor(command: string, args: string[], result: RunResult) {
    const said = `${result.stdout}\n${result.stderr}`.trim().split("\n").slice(-15).join("\n");
    super(`${command} ${args[0] ?? ""} ended with ${result.code}:\n${said}`);
    this.name = "CommandFailed";
    this.result = result;
  }
}

const stopped = (command: string, args: string[], reason: unknown) =>
  new Error(`${command} ${args[0] ?? ""} was stopped: ${messageOf(reason)}`, {
    cause: reason,
  });

/** Groups of shielded programs that run now. */
const shielded = new Set<number>();

/** Ends the shielded programs without asking: what they were at is found out by whoever comes next. */
export function killShielded(): void {
  for (const group of shielded) {
    try {
      process.kill(-group, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

/** For `env`: leaves out what this process has of variables whose names begin so. */
export const leavingOut = (prefix: string): Record<string, undefined> =>
  Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => name.startsWith(prefix))
      .map((name) => [name, undefined]),
  );

/** Runs a program to its end. Arguments are visible to every user of the machine: never put a secret there. */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ? { ...process.env, ...options.env } : process.env,
      stdio: [options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      detached: options.shielded ?? false,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    const { pid } = child;
    if (options.shielded && pid !== undefined) {
      shielded.add(pid);
      // What it started may outlive it, and is then all that an impatient third Ctrl-C can end.
      child.once("close", () => shielded.delete(pid));
    }
    const collected = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      const stream = child[name];
      if (!stream) continue;
      createInterface({ input: stream }).on("line", (line) => {
        collected[name] += `${line}\n`;
        options.onLine?.(line);
      });
    }
    child.stdin?.on("error", () => {
      // The program ended without reading everything; its exit code tells.
    });
    child.stdin?.end(options.stdin);
    child.on("error", (error) => {
      // An aborted program was told to end, and may still be busy ending: its exit is what counts.
      if (options.signal?.aborted && child.pid !== undefined) return;
      reject(new Error(`cannot run ${command}: ${error.message}`, { cause: error }));
    });
    child.on("exit", () => {
      if (options.signal?.aborted) reject(stopped(command, args, options.signal.reason));
    });
    child.on("close", (code, signal) => {
      const result = { code: code ?? (signal ? 128 : 1), ...collected };
      if (result.code === 0 || options.allowFailure) resolve(result);
      else reject(new CommandFailed(command, args, result));
    });
  });
}
