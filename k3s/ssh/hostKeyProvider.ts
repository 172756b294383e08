import type * as pulumi from "@pulumi/pulumi";
import { waitFor } from "../../components/core/wait.ts";
import { type Endpoint, HostUnreachable } from "./errors.ts";
import { readHostKey } from "./handshake.ts";

export interface HostKeyProps extends Endpoint {
  machineId: string;
  /** Seconds. */
  deadline: number;
}

export interface HostKeyState extends HostKeyProps {
  hostKey: string;
}

const dialTimeout = 10_000;

/** Waits until the host's SSH server answers, and reads its key. */
async function firstContact(props: HostKeyProps): Promise<HostKeyState> {
  const hostKey = await waitFor(
    { what: `SSH at ${props.address}:${props.port}`, deadline: props.deadline },
    () => readHostKey(props, dialTimeout),
  );
  const { machineId, address, port, deadline } = props;
  return { machineId, address, port, deadline, hostKey };
}

/** @throws when the same machine now presents another key. */
function refuseChangedKey(old: HostKeyState, hostKey: string, { address, port }: Endpoint): void {
  if (hostKey === old.hostKey) return;
  throw new Error(
    `the host key of machine ${old.machineId} at ${address}:${port} has changed since first contact: ` +
      `it was ${old.hostKey}, it is ${hostKey}. Another machine may be answering at its address. If the machine was ` +
      "reinstalled on purpose, replace this resource: pulumi up --replace <its URN>",
  );
}

/** Host keys are pinned for the life of a machine: another machine is another key. */
export const provider: pulumi.dynamic.ResourceProvider<HostKeyProps, HostKeyState> = {
  async diff(_id, olds, news) {
    const changed = (["address", "port", "deadline"] as const).some((key) => olds[key] !== news[key]);
    const replaced = olds.machineId !== news.machineId;
    return {
      changes: changed || replaced,
      replaces: replaced ? ["machineId"] : [],
      stables: replaced ? [] : ["hostKey"],
      deleteBeforeReplace: true,
    };
  },
  async create(props) {
    return { id: props.machineId, outs: await firstContact(props) };
  },
  async update(_id, olds, news) {
    const state = await firstContact(news);
    refuseChangedKey(olds, state.hostKey, news);
    return { outs: state };
  },
  async read(id, props) {
    if (props === undefined) return { id: "" };
    try {
      refuseChangedKey(props, await readHostKey(props, dialTimeout), props);
    } catch (error) {
      // A host that is down keeps its key: whether it exists is known to the resource of the machine.
      if (!(error instanceof HostUnreachable)) throw error;
    }
    return { id, props };
  },
};
