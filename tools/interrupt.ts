import { killShielded } from "./exec.ts";

/**
 * Ctrl-C, a closed terminal and `kill`, as an abort signal. The first aborts, and waits for operations at a host or in the
 * cluster; the second prints that it is still waiting; the third kills the child processes and exits.
 */
export function interruptible(): AbortSignal {
  const abort = new AbortController();
  let count = 0;
  const interrupt = () => {
    count += 1;
    if (count === 1) {
      process.stderr.write("\ninterrupted: waiting for operations in progress\n");
      abort.abort(new Error("interrupted; run the command again to continue"));
    } else if (count === 2) process.stderr.write("\nstill waiting; press Ctrl-C once more to stop at once\n");
    else {
      killShielded();
      process.stderr.write("\nstopped at once; run the command again to continue\n");
      process.exit(130);
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);
  survivesClosedTerminal();
  return abort.signal;
}

/** Discards what this process writes to a terminal that was closed, so that it can still clean up. */
export function survivesClosedTerminal(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EIO" && error.code !== "EPIPE") throw error;
    });
  }
}
