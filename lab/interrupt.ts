import { killShielded } from "./exec.ts";

/**
 * Ctrl-C, a closed terminal and `kill`, as a signal for the work that is under way. The first asks it to end, which takes
 * as long as what was begun at a host or in the cluster; the second says so; the third does not wait.
 */
export function interruptible(): AbortSignal {
  const abort = new AbortController();
  let count = 0;
  const interrupt = () => {
    count += 1;
    if (count === 1) {
      process.stderr.write("\ninterrupted: waiting for what was begun to end\n");
      abort.abort(new Error("interrupted; run the command again to go on from here"));
    } else if (count === 2) process.stderr.write("\nstill waiting; Ctrl-C once more ends it half done\n");
    else {
      killShielded();
      process.stderr.write("\nended half done; run the command again to go on from here\n");
      process.exit(130);
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);
  // A closed terminal takes no more words; the work must still end in order.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EIO" && error.code !== "EPIPE") throw error;
    });
  }
  return abort.signal;
}
