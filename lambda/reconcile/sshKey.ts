import { digest } from "../../components/core/digest.ts";
import { withoutComment } from "../../components/core/publicKey.ts";
import { InUse } from "../client/errors.ts";
import type { WireSshKey } from "../client/wire.ts";
import type { Context } from "./context.ts";
import { isAlive } from "./instance/spec.ts";
import { deleteWhenFree } from "./inUse.ts";
import { ensureNamed } from "./named.ts";

export interface SshKeySpec {
  name: string;
  publicKey: string;
  /** The key before a change: required, as running hosts must have been given the new one. */
  previousPublicKey?: string | undefined;
}

/** A key at Lambda that the program created, and therefore deletes. */
interface OwnKey {
  id: string;
  keyName: string;
}

export interface SshKeyOutputs extends SshKeySpec {
  /** Id at Lambda; the resource's own id is that of its first key. */
  keyId?: string;
  /** Name at Lambda. */
  keyName: string;
  /** Created by the program, and therefore deleted by it. */
  owned: boolean;
  /** Earlier keys of the program, which Lambda keeps while a host that was launched with one runs. */
  retired?: OwnKey[];
  /** Names of all earlier keys, also of those that others created: Lambda shows a host's first one for its life. */
  earlierNames?: string[];
}

/** Whether two OpenSSH public keys differ in their comments at most. */
export const isSameKey = (one: string, other: string): boolean =>
  withoutComment(one) === withoutComment(other);

/** Id at Lambda; in states from before it was recorded, the resource's own. */
export const keyIdOf = (id: string, old: SshKeyOutputs): string => old.keyId ?? id;

/** Contains a digest of the key: a new key gets a new name and can coexist with the old one. */
export const physicalKeyName = (spec: SshKeySpec): string => {
  return `${spec.name.slice(0, 64 - 9)}-${digest(withoutComment(spec.publicKey), 8)}`;
};

/** Uses the account's key of exactly that name if it is the same key; otherwise creates one. */
export async function createSshKey(
  context: Context,
  spec: SshKeySpec,
): Promise<{ id: string; outputs: SshKeyOutputs }> {
  const { api } = context;
  const name = physicalKeyName(spec);
  const find = async () => {
    const keys = (await api.listSshKeys()).filter((key) => isSameKey(key.public_key, spec.publicKey));
    return keys.find((key) => key.name === spec.name) ?? keys.find((key) => key.name === name);
  };
  const create = () => api.createSshKey({ name, public_key: spec.publicKey });
  const { item } = await ensureNamed(context, `SSH key ${name}`, find, create);
  // The digest in the name proves that a run of the program created it, also one that was killed before recording it.
  return { id: item.id, outputs: outputs(item, spec, item.name === name) };
}

const outputs = (key: WireSshKey, spec: SshKeySpec, owned: boolean): SshKeyOutputs => ({
  ...spec,
  keyId: key.id,
  keyName: key.name,
  owned,
  retired: [],
});

/**
 * The key for launches from now on. The previous one is deleted where Lambda allows it: Lambda ties it to the hosts that
 * were launched with it until they are terminated, whatever keys they accept by then. What is left is tried again at the
 * next change, and deleted with the stack.
 */
export async function updateSshKey(
  context: Context,
  id: string,
  old: SshKeyOutputs,
  spec: SshKeySpec,
): Promise<SshKeyOutputs> {
  const { outputs: created } = await createSshKey(context, spec);
  const before = { id: keyIdOf(id, old), keyName: old.keyName };
  const earlier = [...(old.retired ?? []), ...(old.owned ? [before] : [])];
  const retired: OwnKey[] = [];
  for (const key of earlier) {
    if (key.id !== created.keyId && !(await deletedNow(context, key))) retired.push(key);
  }
  return { ...created, retired, earlierNames: namesOf(old).filter((name) => name !== created.keyName) };
}

/** @returns false while Lambda refuses, because a host was launched with it */
async function deletedNow(context: Context, key: OwnKey): Promise<boolean> {
  try {
    await context.api.deleteSshKey(key.id);
    return true;
  } catch (error) {
    if (!(error instanceof InUse)) throw error;
    context.log(
      `SSH key ${key.keyName} stays at Lambda, because a host that was launched with it runs: the next change of the key, or destroy, deletes it`,
    );
    return false;
  }
}

/** Undefined when the account has no key of that id. */
export async function readSshKey(context: Context, id: string): Promise<WireSshKey | undefined> {
  return (await context.api.listSshKeys()).find((key) => key.id === id);
}

const namesOf = ({ keyName, retired = [], earlierNames = [] }: SshKeyOutputs): string[] => [
  ...new Set([keyName, ...retired.map((key) => key.keyName), ...earlierNames]),
];

/** Names of the hosts that run, and were launched with the key or one before it. */
export async function runningWith(context: Context, old: SshKeyOutputs): Promise<string[]> {
  const names = namesOf(old);
  const instances = await context.api.listInstances();
  return instances
    .filter((instance) => isAlive(instance) && instance.ssh_key_names.some((name) => names.includes(name)))
    .map((instance) => `${instance.name ?? "unnamed"} (${instance.id})`);
}

/**
 * Deletes the key, if the program created it, and those before it. One that a running instance was launched with stays at
 * Lambda, which is logged.
 */
export async function deleteSshKey(context: Context, id: string, old: SshKeyOutputs): Promise<void> {
  const current = old.owned ? [{ id: keyIdOf(id, old), keyName: old.keyName }] : [];
  for (const key of [...current, ...(old.retired ?? [])]) {
    await deleteWhenFree(
      context,
      `SSH key ${key.keyName}`,
      (instance) => instance.ssh_key_names.includes(key.keyName),
      () => context.api.deleteSshKey(key.id),
      "stays",
    );
  }
}
