import type * as pulumi from "@pulumi/pulumi";
import { withoutComment } from "../../components/core/publicKey.ts";
import { Unrecoverable, waitFor } from "../../components/core/wait.ts";
import { lockTimeout, script, shellFile } from "../shell/script.ts";
import { commandLine } from "./commandLine.ts";
import { type Endpoint, HostKeyMismatch, LoginRefused } from "./errors.ts";
import { execute } from "./exec.ts";

export interface KeyChangeProps {
  machineId: string;
  host: Endpoint & { user: string };
  hostKey: string;
  keys: { privateKey: string; publicKey: string; previousPrivateKey: string; previousPublicKey: string };
}

/** Seconds that a host is given to answer: it may be restarting for a security update. */
const reachDeadline = 120;

/**
 * Script that authorizes one key and removes others.
 *
 * @param drop Public keys to remove; the one to add is never removed.
 */
export function authorizedKeysScript(user: string, add: string, drop: readonly string[]): string {
  const added = withoutComment(add);
  return script({
    title: `change SSH keys of ${user}`,
    body: shellFile("authorizedKeys.sh", import.meta.url),
    exclusive: lockTimeout,
    variables: {
      LOGIN_USER: user,
      ADD: added,
      DROP: drop
        .map(withoutComment)
        .filter((key) => key !== added)
        .join("\n"),
    },
  });
}

/** Changes the authorized keys by a login with one key. */
async function changeKeys(
  { host, hostKey, keys }: KeyChangeProps,
  privateKey: string,
  drop: readonly string[],
  reach: number,
): Promise<string> {
  const line = commandLine(`change SSH keys of ${host.user}`, lockTimeout + 60);
  const text = authorizedKeysScript(host.user, keys.publicKey, drop);
  const timeouts = { login: 10_000, total: (lockTimeout + 120) * 1000 };
  const what = `SSH at ${host.address}:${host.port}, to change its keys`;
  const { code, output } = await waitFor({ what, deadline: reach }, async () => {
    try {
      return await execute({ ...host, hostKey, privateKey }, line, text, timeouts);
    } catch (error) {
      // A host bans addresses that keep presenting keys that it does not know.
      if (error instanceof LoginRefused || error instanceof HostKeyMismatch) throw new Unrecoverable(error);
      throw error;
    }
  });
  if (code === 0) return output.trim();
  throw new Error(
    `${host.address}: its SSH keys could not be changed (exit code ${code}):\n${output.trim()}`,
  );
}

/**
 * Makes the host accept the new key in addition to the previous one, and verifies it by a login with the new one.
 *
 * @param before Keys of the last change: those that are neither new nor previous now are removed.
 */
export async function authorizeNewKey(
  props: KeyChangeProps,
  before?: KeyChangeProps["keys"],
  reach = reachDeadline,
): Promise<void> {
  const { host, keys } = props;
  const kept = [keys.publicKey, keys.previousPublicKey].map(withoutComment);
  const removed = [before?.publicKey, before?.previousPublicKey].flatMap((key) =>
    key === undefined || kept.includes(withoutComment(key)) ? [] : [key],
  );
  const refused = await changeKeys(props, keys.previousPrivateKey, [], reach).then(
    () => false,
    (error: unknown) => {
      // A host that was launched with the new key, or completed the change, no longer accepts the previous one.
      if (error instanceof LoginRefused) return true;
      throw error;
    },
  );
  try {
    await changeKeys(props, keys.privateKey, removed, reach);
  } catch (error) {
    if (!(error instanceof LoginRefused)) throw error;
    const both = refused ? "neither sshPrivateKey nor sshPreviousPrivateKey" : "not sshPrivateKey";
    throw new Error(
      `${host.address} accepts ${both}: set sophia-infra:sshPreviousPrivateKey to the key of its last update`,
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
    await authorizeNewKey(props);
    return { id: props.machineId, outs: pick(props) };
  },
  async update(_id, olds, news) {
    await authorizeNewKey(news, olds.keys);
    return { outs: pick(news) };
  },
  async delete(_id, props) {
    console.log(
      await changeKeys(props, props.keys.privateKey, [props.keys.previousPublicKey], reachDeadline),
    );
  },
};
