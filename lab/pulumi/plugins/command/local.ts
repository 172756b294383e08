import { spawn } from "node:child_process";
import type { CommandRun } from "./command.ts";

/** Seconds between SIGTERM and SIGKILL for a cancelled command. */
const graceSeconds = 2;

/** Runs a command on this machine, in a new process group. */
export async function runLocal(run: CommandRun): Promise<void> {
  const given = run.fields.strings("interpreter") ?? [];
  const [program = "/bin/sh", ...args] = given.length > 0 ? given : ["/bin/sh", "-c"];
  const child = spawn(program, [...args, run.command], {
    cwd: run.fields.string("dir"),
    env: { ...process.env, ...run.environment, ...run.previous },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const end = (signal: NodeJS.Signals) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-child.pid, signal);
  };
  let timer: NodeJS.Timeout | undefined;
  const cancel = () => {
    end("SIGTERM");
    timer = setTimeout(() => end("SIGKILL"), graceSeconds * 1000);
  };
  run.signal.addEventListener("abort", cancel, { once: true });
  child.stdin.on("error", () => {
    // The command ended before reading all its input, which is not an error: the exit status counts.
  });
  child.stdin.end(run.stdin);
  child.stdout.on("data", (chunk) => run.output.add("stdout", chunk));
  child.stderr.on("data", (chunk) => run.output.add("stderr", chunk));
  try {
    const reason = await new Promise<string | undefined>((resolve, reject) => {
      child.on("error", (error) => reject(run.output.failure(error.message, run.command)));
      child.on("close", (code, signal) =>
        resolve(signal ? `signal: ${signal}` : code ? `exit status ${code}` : undefined),
      );
    });
    if (run.signal.aborted) throw run.output.failure(`cancelled: ${String(run.signal.reason)}`, run.command);
    if (reason) throw run.output.failure(reason, run.command);
  } finally {
    clearTimeout(timer);
    run.signal.removeEventListener("abort", cancel);
  }
}
