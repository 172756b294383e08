import { messageOf } from "../../components/core/errors.ts";
import { lockTimeout } from "../shell/script.ts";
import { atDeletion } from "../ssh/atDeletion.ts";
import { HostKeyMismatch } from "../ssh/errors.ts";
import { type Account, onlyAccount } from "../ssh/exec.ts";
import { runLast } from "../ssh/lastScript.ts";
import { leaveScript, type Member } from "./script.ts";

export interface LeavingProps extends Member {
  /** Kubernetes node name. */
  node: string;
  unit: "k3s" | "k3s-agent";
  machineId: string;
  /** How to log in to the host. */
  host: Account;
}

/** Seconds that the host is given to answer: it may be restarting for a security update. */
const reachDeadline = 60;

/** Seconds to stop K3s, its containers included, and to remove what it leaves. */
const stopDeadline = 600;

/**
 * Stops K3s on the host. One that cannot be reached is passed over: it may be gone. So is another machine at its address.
 *
 * @returns What was done, for the update's output.
 * @throws when the host answers and refuses, or K3s cannot be stopped.
 */
export async function leave(props: LeavingProps, reach = reachDeadline): Promise<string> {
  const { name, host } = props;
  const last = {
    what: `${name} at ${host.address}, to stop its K3s`,
    title: `stop K3s on ${name}`,
    script: leaveScript(props),
    seconds: stopDeadline + lockTimeout,
  };
  const outcome = await runLast(host, last, reach).catch((error: unknown) => {
    if (error instanceof HostKeyMismatch) return { unreached: error.message };
    throw new Error(`K3s on host ${name} is not stopped: ${messageOf(error)}\n${advice(props)}`, {
      cause: error,
    });
  });
  if ("unreached" in outcome)
    return `warning: K3s on host ${name} is not stopped: ${outcome.unreached}. If that host still runs: ${byHand(props)}`;
  if (outcome.code === 0) return outcome.output.trim();
  throw new Error(
    `K3s on host ${name} could not be stopped (exit code ${outcome.code}):\n${outcome.output.trim()}\n${advice(props)}`,
  );
}

const byHand = ({ node, unit }: LeavingProps): string =>
  `it holds a token of its cluster and would be node ${node} again. Run there \`sudo systemctl disable --now ${unit}\`, ` +
  `then \`sudo /usr/local/bin/${unit}-uninstall.sh\`, which also deletes the pods' volumes and a server's database, see ` +
  "docs/runbooks/destroy.md";

const advice = (props: LeavingProps): string =>
  `Let the host accept the SSH key of the last update and retry. Or ${byHand(props)}; and take its Leaving resource out of the ` +
  "state with `pulumi state delete`";

/** K3s is stopped when this is deleted: after the node was drained and removed. */
export const provider = atDeletion<LeavingProps>({
  pick: ({ name, owner, node, unit, machineId, host }) => ({
    ...{ name, owner, node, unit, machineId },
    host: onlyAccount(host),
  }),
  idOf: ({ name, machineId }) => `${name}/${machineId}`,
  act: leave,
});
