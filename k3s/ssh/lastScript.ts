import { asError } from "../../components/core/errors.ts";
import { Unrecoverable, WaitTimeout, waitFor } from "../../components/core/wait.ts";
import { commandLine } from "./commandLine.ts";
import { HostUnreachable } from "./errors.ts";
import { type Account, execute, type Outcome } from "./exec.ts";

/** Seconds that the host is given to accept a login: its machine may be about to be deleted, too. */
export const reachDeadline = 20;

/** A script that runs because a resource is deleted. */
export interface LastScript {
  /** Ends the sentence "waited 20 s for …". */
  what: string;
  /** In the process list, e.g. `drain mcp-node`. */
  title: string;
  /** Text of `script()`. */
  script: string;
  /** Seconds until it is stopped. */
  seconds: number;
}

/**
 * Runs it as root on a host that may be gone: a command over SSH would fail the whole update where it is.
 *
 * @returns How it ended, or why the host was not reached, or was lost on the way.
 * @throws when the host answers and refuses the login, or is another one.
 */
export async function runLast(
  host: Account,
  { what, title, script, seconds }: LastScript,
  reach = reachDeadline,
): Promise<Outcome | { unreached: string }> {
  const timeouts = { login: 10_000, total: (seconds + 60) * 1000 };
  try {
    return await waitFor({ what, deadline: reach }, async () => {
      try {
        return await execute(host, commandLine(title, seconds), script, timeouts);
      } catch (error) {
        throw error instanceof HostUnreachable ? error : new Unrecoverable(asError(error));
      }
    });
  } catch (error) {
    if (error instanceof WaitTimeout) return { unreached: error.message };
    throw error;
  }
}
