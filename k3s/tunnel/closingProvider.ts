import { messageOf } from "../../components/core/errors.ts";
import { lockTimeout } from "../shell/script.ts";
import { atDeletion } from "../ssh/atDeletion.ts";
import { type Account, onlyAccount } from "../ssh/exec.ts";
import { reachDeadline, runLast } from "../ssh/lastScript.ts";
import { closeScript } from "./script.ts";

export interface ClosingProps {
  /** User of the tunnel. */
  user: string;
  machineId: string;
  /** How to log in to the tunnel's host. */
  host: Account;
}

/**
 * Takes the tunnel's user and key from the host. A host that cannot be reached is passed over: it may be lost.
 *
 * @returns What was done, for the update's output.
 * @throws when the host answers and refuses, or the user cannot be removed: its key may then still be accepted.
 */
export async function close({ user, host }: ClosingProps, reach = reachDeadline): Promise<string> {
  const last = {
    what: `${host.address}, to remove user ${user}`,
    title: `close the tunnel of ${user}`,
    script: closeScript(user),
    seconds: 120 + lockTimeout,
  };
  const outcome = await runLast(host, last, reach).catch((error: unknown) => {
    throw new Error(`the tunnel of ${user} is not closed: ${messageOf(error)}\n${advice(user)}`, {
      cause: error,
    });
  });
  if ("unreached" in outcome)
    return `the tunnel of ${user} is not closed: ${outcome.unreached}. If that host still runs: ${byHand(user)}`;
  if (outcome.code === 0) return outcome.output.trim();
  throw new Error(
    `the tunnel of ${user} could not be closed (exit code ${outcome.code}):\n${outcome.output.trim()}\n${advice(user)}`,
  );
}

const byHand = (user: string) =>
  `remove /etc/ssh/sophia-keys/${user} there, after which nobody can log in as ${user}`;

const advice = (user: string) =>
  `Its key may still be accepted. Let the host accept the SSH key of the last update and retry; or ${byHand(user)}, ` +
  "and take its TunnelClosing out of the state with `pulumi state delete`";

/** The tunnel is closed when this is deleted: whoever used it is deleted before. */
export const provider = atDeletion<ClosingProps>({
  pick: ({ user, machineId, host }) => ({ user, machineId, host: onlyAccount(host) }),
  idOf: ({ user, machineId }) => `${user}/${machineId}`,
  act: close,
});
