import type * as pulumi from "@pulumi/pulumi";
import { asError, messageOf } from "../components/core/errors.ts";
import { Unrecoverable, WaitTimeout, waitFor } from "../components/core/wait.ts";
import { drainScript } from "./node/scripts.ts";
import { commandLine } from "./ssh/commandLine.ts";
import { HostUnreachable } from "./ssh/errors.ts";
import { type Account, execute, type Outcome } from "./ssh/exec.ts";

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

/** Seconds that the server is given to accept a login: its machine may be about to be deleted, too. */
const reachDeadline = 20;
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
  const seconds = deadline + overhead;
  const timeouts = { login: 10_000, total: (seconds + 60) * 1000 };
  let outcome: Outcome;
  try {
    outcome = await waitFor({ what: `the server, to drain node ${node}`, deadline: reach }, async () => {
      try {
        return await execute(
          server,
          commandLine(`drain ${node}`, seconds),
          drainScript(node, deadline),
          timeouts,
        );
      } catch (error) {
        throw error instanceof HostUnreachable ? error : new Unrecoverable(asError(error));
      }
    });
  } catch (error) {
    if (error instanceof WaitTimeout) return `node ${node} is not drained: ${error.message}`;
    throw new Error(`node ${node} is not drained: ${messageOf(error)}\n${advice(node)}`, { cause: error });
  }
  if (outcome.code === 0) return outcome.output.trim();
  throw new Error(
    `node ${node} could not be drained (exit code ${outcome.code}):\n${outcome.output.trim()}\n${advice(node)}`,
  );
}

/** A node that cannot be drained must not keep its machine for ever. */
const advice = (node: string): string =>
  `Its machine is kept. Let the server accept the SSH key of the last update and retry, or give up draining ${node}: ` +
  "remove its Drain resource from the state with `pulumi state delete`, see docs/runbooks/replace-a-node.md";

/** Exists for its place in the order of deletion only: the node is drained when this is deleted, before its machine. */
export const provider: pulumi.dynamic.ResourceProvider<DrainProps, DrainProps> = {
  async diff(_id, olds, news) {
    const replaced = olds.machineId !== news.machineId || olds.node !== news.node;
    return {
      changes: replaced || JSON.stringify(pick(olds)) !== JSON.stringify(pick(news)),
      replaces: replaced ? ["machineId"] : [],
      deleteBeforeReplace: true,
    };
  },
  async create(props) {
    return { id: `${props.node}/${props.machineId}`, outs: pick(props) };
  },
  async update(_id, _olds, news) {
    return { outs: pick(news) };
  },
  async delete(_id, props) {
    console.log(await drain(props));
  },
};

const pick = ({ node, machineId, server, deadline }: DrainProps): DrainProps => {
  const { address, port, user, privateKey, hostKey } = server;
  return { node, machineId, server: { address, port, user, privateKey, hostKey }, deadline };
};
