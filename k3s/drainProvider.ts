import { messageOf } from "../components/core/errors.ts";
import { drainScript, retireScript, retireTimeout } from "./node/scripts.ts";
import { atDeletion } from "./ssh/atDeletion.ts";
import { type Account, onlyAccount } from "./ssh/exec.ts";
import { reachDeadline, runLast } from "./ssh/lastScript.ts";

export interface DrainProps {
  /** Name of the host in the settings. */
  host: string;
  /** Kubernetes node name. */
  node: string;
  /** The machine that is about to be deleted. */
  machineId: string;
  /** How to log in to the server. */
  server: Account;
  /** How to log in to the machine, where another one may take its node's name while it runs. */
  machine?: Account | undefined;
  /** Seconds for the eviction of the pods. */
  deadline: number;
}

/** Seconds for everything but the eviction of the pods. */
const overhead = 180;

/** Seconds to stop K3s on the machine. */
const stopDeadline = 300;

/**
 * Drains and removes the node, then stops its K3s where another machine may take its name while it runs.
 *
 * @returns What was done, for the update's output.
 * @throws when the server answers and refuses, or the node cannot be drained: its machine then stays.
 */
export async function retire(props: DrainProps, reach = reachDeadline): Promise<string> {
  const drained = await drain(props, reach);
  return props.machine === undefined ? drained : `${drained}\n${await stop(props, props.machine, reach)}`;
}

/** In general the machine is about to be deleted, and may be broken: what cannot be stopped is said, and no more. */
async function stop({ host, node }: DrainProps, machine: Account, reach: number): Promise<string> {
  const last = {
    what: `${host} at ${machine.address}, to stop its K3s`,
    title: `stop node ${node} on ${host}`,
    script: retireScript(host, node),
    seconds: stopDeadline + retireTimeout,
  };
  const failed = (reason: string) =>
    `note: K3s on ${host} is not stopped: ${reason}. If another machine becomes node ${node} now, both are it until that ends`;
  try {
    const outcome = await runLast(machine, last, reach);
    if ("unreached" in outcome) return failed(outcome.unreached);
    const said = outcome.output.trim();
    return outcome.code === 0 ? said : failed(`exit code ${outcome.code}: ${said}`);
  } catch (error) {
    return failed(messageOf(error));
  }
}

/**
 * Drains and removes the node. A server that cannot be reached, or is lost on the way, is passed over: its cluster is
 * lost, too, or is repaired by hand.
 *
 * @returns What was done, for the update's output.
 * @throws when the server answers and refuses, or the node cannot be drained: its machine then stays.
 */
export async function drain({ node, server, deadline }: DrainProps, reach = reachDeadline): Promise<string> {
  const last = {
    what: `the server, to drain node ${node}`,
    title: `drain ${node}`,
    script: drainScript(node, deadline),
    seconds: deadline + overhead,
  };
  const outcome = await runLast(server, last, reach).catch((error: unknown) => {
    throw new Error(`node ${node} is not drained: ${messageOf(error)}\n${advice(node)}`, { cause: error });
  });
  if ("unreached" in outcome) return `node ${node} is not drained: ${outcome.unreached}`;
  if (outcome.code === 0) return outcome.output.trim();
  throw new Error(
    `node ${node} could not be drained (exit code ${outcome.code}):\n${outcome.output.trim()}\n${advice(node)}`,
  );
}

/** A node that cannot be drained must not keep its machine for ever. */
const advice = (node: string): string =>
  `Its machine is kept. Let the server accept the SSH key of the last update and retry, or give up draining ${node}: ` +
  "remove its Drain resource from the state with `pulumi state delete`, see docs/runbooks/replace-a-node.md";

/** The node is drained when this is deleted: before its machine is, and before another one takes its name. */
export const provider = atDeletion<DrainProps>({
  pick: ({ host, node, machineId, server, machine, deadline }) => ({
    ...{ host, node, machineId },
    server: onlyAccount(server),
    ...(machine && { machine: onlyAccount(machine) }),
    deadline,
  }),
  idOf: ({ node, machineId }) => `${node}/${machineId}`,
  act: retire,
});
