import { type ChildProcess, spawn } from "node:child_process";
import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { survivesClosedTerminal } from "../../../tools/interrupt.ts";
import { repository } from "../../../tools/repository.ts";

/** The exit code of a command, and what it wrote in the order in which it came. */
export interface Finished {
  code: number;
  output: string;
}

/** Starts the commands of one test run, and forwards an interrupt to them. */
export class Commands {
  interrupted = false;
  readonly #running = new Set<ChildProcess>();
  readonly #environment: NodeJS.ProcessEnv;
  readonly #folder: string;
  #count = 0;

  /** @param folder for the commands' output */
  constructor(environment: NodeJS.ProcessEnv, folder: string) {
    this.#environment = environment;
    this.#folder = folder;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      // A terminal signals the whole process group, `kill` only this process. In both cases the lab must be removed.
      process.on(signal, () => {
        this.interrupted = true;
        for (const child of this.#running) child.kill(signal);
      });
    }
    survivesClosedTerminal();
  }

  /**
   * Runs a command to its exit. The output goes to a file instead of a pipe: a service that a test leaves running may
   * keep a pipe open for ever.
   */
  async execute(command: string, args: string[]): Promise<Finished> {
    this.#count += 1;
    const path = join(this.#folder, `output-${this.#count}`);
    const file = await open(path, "a");
    try {
      const child = this.#start(command, args, file.fd);
      const code = await ended(child, "exit");
      return { code, output: await readFile(path, "utf8") };
    } finally {
      await file.close();
      await rm(path, { force: true });
    }
  }

  /** Runs a command that leaves nothing running, and passes its output on at once. */
  show(command: string, args: string[]): Promise<number> {
    // Not inherited: on a terminal the command would draw a live line across the output of the other lane.
    const child = this.#start(command, args, "pipe");
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => process.stdout.write(chunk));
    return ended(child, "close");
  }

  #start(command: string, args: string[], output: "pipe" | number): ChildProcess {
    const child = spawn(command, args, {
      cwd: repository,
      env: this.#environment,
      stdio: ["ignore", output, output],
    });
    this.#running.add(child);
    child.once("exit", () => this.#running.delete(child));
    return child;
  }
}

const ended = (child: ChildProcess, event: "exit" | "close"): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once(event, (code: number | null) => resolve(code ?? 1));
  });
