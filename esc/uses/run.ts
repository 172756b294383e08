import { fork } from "node:child_process";
import { join } from "node:path";

/** What the child process is sent. */
export interface Work {
  stack: string;
  /** Complete configurations, by key, as in a stack file. */
  configurations: Record<string, string>[];
}

/** Digests of the inputs of a program's resources, by type and name. */
export type Registered = Map<string, string>;

/**
 * Runs the program of one stack with each of these configurations, in a child process with a separate environment.
 * @param secretKeys configuration keys whose values are secret
 * @throws with the end of the program's output when one run fails
 */
export function runProgram(work: Work, secretKeys: readonly string[]): Promise<Registered[]> {
  const child = fork(join(import.meta.dirname, "program.ts"), {
    // As the language host sets it.
    env: { PATH: process.env.PATH, PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(secretKeys) },
    // Pulumi's SDK records a stack trace for each promise, which takes most of the time otherwise.
    execArgv: ["--stack-trace-limit=0"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    let results: Record<string, string>[] | undefined;
    child.on("message", (message) => {
      results = message as Record<string, string>[];
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (results) resolve(results.map((one) => new Map(Object.entries(one))));
      else
        reject(new Error(`the program of stack ${work.stack} ended with ${code}:\n${output.slice(-3000)}`));
    });
    child.send(work);
  });
}
