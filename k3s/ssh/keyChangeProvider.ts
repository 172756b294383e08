import type * as pulumi from "@pulumi/pulumi";
import { Hopeless, waitFor } from "../../components/core/wait.ts";
import { script, shellFile } from "../shell/script.ts";
import { commandLine } from "./commandLine.ts";
import { execute, Unreachable } from "./exec.ts";
import type { Endpoint } from "./handshake.ts";

export interface KeyChangeProps {
  machineId: string;
  host: Endpoint & { user: string };
  hostKey: string;
  keys: { privateKey: string; publicKey: string; previousPrivateKey: string; previousPublicKey: string };
}

/** Seconds that the script waits for its turn on the host. */
const turn = 900;
/** Seconds that a host is given to answer: it may be restarting for an update of its own. */
const reachDeadline = 120;

/** Type and material, without a comment. */
const bare = (publicKey: string): string => publicKey.trim().split(/\s+/).slice(0, 2).join(" ");

/**
 * Text that lets one key in and others no longer.
 *
 * @param drop Public keys; the one that is let in is never among those taken away.
 */
export function authorizedKeysScript(user: string, add: string, drop: readonly string[]): string {
  const added = bare(add);
  return script({
    title: `change SSH keys of ${user}`,
    body: shellFile("authorizedKeys.sh", import.meta.url),
    exclusive: turn,
    variables: {
      LOGIN_USER: user,
      ADD: added,
      DROP: drop
        .map(bare)
        .filter((key) => key !== added)
        .join("\n"),
    },
  });
}

/** Runs the script by a login with one key. */
async function tell(
  { host, hostKey, keys }: KeyChangeProps,
  privateKey: string,
  drop: readonly string[],
  reach: number,
): Promise<string> {
  const line = commandLine(`change SSH keys of ${host.user}`, turn + 60);
  const text = authorizedKeysScript(host.user, keys.publicKey, drop);
  const timeouts = { login: 10_000, total: (turn + 120) * 1000 };
  const what = `SSH at ${host.address}:${host.port}, to change its keys`;
  const { code, output } = await waitFor({ what, deadline: reach }, async () => {
    try {
      return await execute({ ...host, hostKey, privateKey }, line, text, timeouts);
    } catch (error) {
      // A host bans who keeps showing it keys that it does not know.
      if (error instanceof Unreachable && error.refused) throw new Hopeless(error);
      throw error;
    }
  });
  if (code === 0) return output.trim();
  throw new Error(
    `${host.address}: its SSH keys could not be changed (exit code ${code}):\n${output.trim()}`,
  );
}

const isRefused = (error: unknown): boolean => error instanceof Unreachable && error.refused;

/**
 * Makes the host take the new key beside the previous one, and proves it by a login with the new one.
 *
 * @param before What was made last time: keys of it that are neither new nor previous now are taken away.
 */
export async function letIn(
  props: KeyChangeProps,
  before?: KeyChangeProps["keys"],
  reach = reachDeadline,
): Promise<void> {
  const { host, keys } = props;
  const kept = [keys.publicKey, keys.previousPublicKey].map(bare);
  const gone = [before?.publicKey, before?.previousPublicKey].flatMap((key) =>
    key === undefined || kept.includes(bare(key)) ? [] : [key],
  );
  const refused = await tell(props, keys.previousPrivateKey, [], reach).then(
    () => false,
    (error: unknown) => {
      // A host that was launched with the new key, or that has seen the whole change, knows the previous one no more.
      if (isRefused(error)) return true;
      throw error;
    },
  );
  try {
    await tell(props, keys.privateKey, gone, reach);
  } catch (error) {
    if (!isRefused(error)) throw error;
    const both = refused ? "neither sshPrivateKey nor sshPreviousPrivateKey" : "sshPrivateKey not";
    throw new Error(
      `${host.address} takes ${both}: put the key that it was last updated with into sophia-infra:sshPreviousPrivateKey`,
      { cause: error },
    );
  }
}

const pick = ({ machineId, host, hostKey, keys }: KeyChangeProps): KeyChangeProps => ({
  machineId,
  host: { address: host.address, port: host.port, user: host.user },
  hostKey,
  keys: {
    privateKey: keys.privateKey,
    publicKey: keys.publicKey,
    previousPrivateKey: keys.previousPrivateKey,
    previousPublicKey: keys.previousPublicKey,
  },
});

export const provider: pulumi.dynamic.ResourceProvider<KeyChangeProps, KeyChangeProps> = {
  async diff(_id, olds, news) {
    const replaced = olds.machineId !== news.machineId;
    return {
      changes: replaced || JSON.stringify(pick(olds)) !== JSON.stringify(pick(news)),
      replaces: replaced ? ["machineId"] : [],
      deleteBeforeReplace: true,
    };
  },
  async create(props) {
    await letIn(props);
    return { id: props.machineId, outs: pick(props) };
  },
  async update(_id, olds, news) {
    await letIn(news, olds.keys);
    return { outs: pick(news) };
  },
  async delete(_id, props) {
    console.log(await tell(props, props.keys.privateKey, [props.keys.previousPublicKey], reachDeadline));
  },
};
