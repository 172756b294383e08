import { createHash } from "node:crypto";
import type { WireSshKey } from "../client/wire.ts";
import type { Context } from "./context.ts";
import { deleteWhenFree } from "./inUse.ts";
import { ensureNamed } from "./named.ts";

export interface SshKeySpec {
  name: string;
  publicKey: string;
}
export interface SshKeyOutputs extends SshKeySpec {
  /** Name at Lambda. */
  keyName: string;
  /** Made by us, so deleted by us. */
  owned: boolean;
}

/** The key itself, without its comment. */
const material = (publicKey: string): string => publicKey.trim().split(/\s+/).slice(0, 2).join(" ");

/** Carries a digest of the key: a new key gets a new name, and lives beside the old one until hosts are replaced. */
export const physicalKeyName = (spec: SshKeySpec): string => {
  const digest = createHash("sha256").update(material(spec.publicKey)).digest("hex").slice(0, 8);
  return `${spec.name.slice(0, 64 - 9)}-${digest}`;
};

/** Uses the account's own key of exactly that name if it is the same key; otherwise adds ours. */
export async function createSshKey(
  context: Context,
  spec: SshKeySpec,
): Promise<{ id: string; outputs: SshKeyOutputs }> {
  const { api } = context;
  const name = physicalKeyName(spec);
  const isSame = (key: WireSshKey) => material(key.public_key) === material(spec.publicKey);
  const find = async () => {
    const keys = (await api.listSshKeys()).filter(isSame);
    return keys.find((key) => key.name === spec.name) ?? keys.find((key) => key.name === name);
  };
  const make = () => api.createSshKey({ name, public_key: spec.publicKey });
  const { item } = await ensureNamed(context, `SSH key ${name}`, find, make);
  // The digest in the name says that one of our runs made it, also one that was killed before it could record it.
  return { id: item.id, outputs: outputs(item, spec, item.name === name) };
}

const outputs = (key: WireSshKey, spec: SshKeySpec, owned: boolean): SshKeyOutputs => ({
  ...spec,
  keyName: key.name,
  owned,
});

export async function readSshKey(context: Context, id: string): Promise<WireSshKey | undefined> {
  return (await context.api.listSshKeys()).find((key) => key.id === id);
}

export async function deleteSshKey(context: Context, id: string, old: SshKeyOutputs): Promise<void> {
  if (!old.owned) return;
  await deleteWhenFree(
    context,
    `SSH key ${old.keyName}`,
    (instance) => instance.ssh_key_names.includes(old.keyName),
    () => context.api.deleteSshKey(id),
  );
}
