import { type ChildProcess, spawn } from "node:child_process";
import { repository } from "../../../lab/lab.ts";

/** What a command wrote, in the order in which it came. */
export interface Finished {
  code: number;
  said: string;
}

/** Starts the commands of one test run, and hands them an interrupt. */
export class Commands {
  interrupted = false;
  readonly #running = new Set<ChildProcess>();
  readonly #environment: NodeJS.ProcessEnv;

  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      // A terminal tells the whole group, `kill` only this process. Either way the lab is still to be removed.
      process.on(signal, () => {
        this.interrupted = true;
        for (const child of this.#running) child.kill(signal);
      });
    }
  }

  /** @param show passes the output on at once; otherwise it is only kept */
  execute(command: string, args: string[], show = false): Promise<Finished> {
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, {
        cwd: repository,
        env: this.#environment,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let said = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8");
        stream.on("data", (text: string) => {
          said += text;
          if (show) process.stdout.write(text);
        });
      }
      this.#running.add(child);
      child.on("error", reject);
      const finish = (code: number | null) => {
        this.#running.delete(child);
        for (const stream of [child.stdout, child.stderr]) stream.destroy();
        resolve({ code: code ?? 1, said });
      };
      child.on("close", finish);
      // A service that the command left running on purpose may hold its output open.
      child.on("exit", (code) => setTimeout(finish, 2000, code).unref());
    });
  }
}
