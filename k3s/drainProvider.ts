import { messageOf } from "../components/core/errors.ts";
import { drainScript } from "./node/scripts.ts";
import { atDeletion } from "./ssh/atDeletion.ts";
import { type Account, onlyAccount } from "./ssh/exec.ts";
import { reachDeadline, runLast } from "./ssh/lastScript.ts";

export interface DrainProps {
  /** Kubernetes node name. */
  node: string;
  /** The machine that is about to be deleted. */
  machineId: string;
  /** How to log in to the server. */
  server: Account;
  /** Seconds for the eviction of the pods. */
  deadline: number;
}

/** Seconds for everything but the eviction of the pods. */
const overhead = 180;

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

/** The node is drained when this is deleted, before its machine. */
export const provider = atDeletion<DrainProps>({
  pick: ({ node, machineId, server, deadline }) => ({
    node,
    machineId,
    server: onlyAccount(server),
    deadline,
  }),
  idOf: ({ node, machineId }) => `${node}/${machineId}`,
  act: drain,
});
