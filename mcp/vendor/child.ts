import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Runs a program of Node.js in a child process that gets the signals of this one, and exits as the child does.
 *
 * @param piped what the caller writes or reads itself; the rest is this process's own
 */
export function runChild(
  file: string,
  args: readonly string[],
  piped: readonly ("stdin" | "stdout")[],
): ChildProcess {
  const stdio = (name: "stdin" | "stdout") => (piped.includes(name) ? "pipe" : "inherit");
  const child = spawn(process.execPath, [file, ...args], {
    stdio: [stdio("stdin"), stdio("stdout"), "inherit"],
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => child.kill(signal));
  void once(child, "close").then(([code]) => process.exit(typeof code === "number" ? code : 1));
  return child;
}
