import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Runs a program of Node.js in a child process that gets the signals of this one, and exits as the child does.
 *
 * @param stdout `pipe` where the caller reads the child's output
 */
export function runChild(file: string, args: readonly string[], stdout: "inherit" | "pipe"): ChildProcess {
  const child = spawn(process.execPath, [file, ...args], { stdio: ["inherit", stdout, "inherit"] });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => child.kill(signal));
  void once(child, "close").then(([code]) => process.exit(typeof code === "number" ? code : 1));
  return child;
}
