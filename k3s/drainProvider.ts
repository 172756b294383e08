import type * as pulumi from "@pulumi/pulumi";
import { waitFor } from "../components/core/wait.ts";
import { drainScript } from "./node/scripts.ts";
import { commandLine } from "./ssh/commandLine.ts";
import { type Account, execute, type Outcome } from "./ssh/exec.ts";

export interface DrainProps {
  /** Kubernetes node name. */
  node: string;
  /** The machine whose going is waited for. */
  machineId: string;
  /** How to log in to the server. */
  server: Account;
  /** Seconds that pods are given to leave. */
  deadline: number;
}

/** Seconds that the server is given to take a login: its machine may be about to go, too. */
const reachDeadline = 20;
/** Seconds for everything but the pods' leaving. */
const overhead = 180;

/**
 * Drains and removes the node. A server that cannot be reached, or is lost on the way, has no node to remove.
 *
 * @returns What was done, for people.
 */
export async function drain({ node, server, deadline }: DrainProps, reach = reachDeadline): Promise<string> {
  const seconds = deadline + overhead;
  let outcome: Outcome;
  try {
    outcome = await waitFor({ what: `the server, to drain node ${node}`, deadline: reach }, () =>
      execute(server, commandLine(`drain ${node}`, seconds), drainScript(node, deadline), {
        login: 10_000,
        total: (seconds + 60) * 1000,
      }),
    );
  } catch (error) {
    return `node ${node} is not drained: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (outcome.code === 0) return outcome.output.trim();
  throw new Error(`node ${node} could not be drained (exit code ${outcome.code}):\n${outcome.output.trim()}`);
}

/** Nothing but a place in the order of deletion: the node is drained when this goes, before its machine. */
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
