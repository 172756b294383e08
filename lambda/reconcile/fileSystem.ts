import type { WireFileSystem } from "../client/wire.ts";
import type { Context } from "./context.ts";
import { deleteWhenFree } from "./inUse.ts";
import { ensureNamed, forgetNamed, type Owner } from "./named.ts";

export interface FileSystemSpec {
  name: string;
  region: string;
  /** Project and stack, so that stacks of one account never take over each other's file systems. */
  stack?: string | undefined;
}
export interface FileSystemOutputs extends FileSystemSpec {
  mountPoint: string;
  /** As of the last read; Lambda counts every few hours. */
  bytesUsed: number;
  /** Created by the program, and therefore deleted by it. */
  owned: boolean;
}

const outputs = (fileSystem: WireFileSystem, owned: boolean, stack?: string): FileSystemOutputs => ({
  name: fileSystem.name,
  region: fileSystem.region.name,
  mountPoint: fileSystem.mount_point,
  bytesUsed: fileSystem.bytes_used ?? 0,
  owned,
  ...(stack !== undefined && { stack }),
});

const ownerOf = ({ stack }: FileSystemSpec): Owner<WireFileSystem> | undefined =>
  stack === undefined ? undefined : { stack, createdAt: ({ created }) => created };

const labelOf = ({ name }: FileSystemSpec): string => `file system ${name}`;

/** Creates the file system, or uses the account's existing one of that name, which is then never deleted. */
export async function createFileSystem(
  context: Context,
  spec: FileSystemSpec,
): Promise<{ id: string; outputs: FileSystemOutputs }> {
  const { api } = context;
  const find = async () => (await api.listFileSystems()).find((one) => one.name === spec.name);
  const create = () => api.createFileSystem({ name: spec.name, region: spec.region });
  const { item, owned } = await ensureNamed(context, labelOf(spec), find, create, ownerOf(spec));
  if (item.region.name !== spec.region) {
    throw new Error(
      `file system ${spec.name} already exists, in ${item.region.name} instead of ${spec.region}: ` +
        "names are unique in the account; choose another name, or that region",
    );
  }
  if (!owned)
    context.log(
      `${labelOf(spec)} was there before and is used: it is never deleted by this stack, also with keep: false, and is billed until ` +
        "it is deleted at Lambda",
    );
  return { id: item.id, outputs: outputs(item, owned, spec.stack) };
}

/** It is in the state now: that a request for it was sent needs no record any more. */
export async function fileSystemIsRecorded(context: Context, spec: FileSystemSpec): Promise<void> {
  await forgetNamed(context, labelOf(spec), spec.stack);
}

/** Undefined when it is gone: one of the same name is from now on somebody else's. */
export async function readFileSystem(
  context: Context,
  id: string,
  old: FileSystemOutputs,
): Promise<FileSystemOutputs | undefined> {
  const found = (await context.api.listFileSystems()).find((one) => one.id === id);
  if (!found) await forgetNamed(context, labelOf(old), old.stack);
  return found && outputs(found, old.owned, old.stack);
}

/**
 * Deletes it with its data when the last instance that uses it is gone. One that the program did not create stays.
 * @throws when an instance that keeps running uses it
 */
export async function deleteFileSystem(context: Context, id: string, old: FileSystemOutputs): Promise<void> {
  if (!old.owned) {
    context.log(
      `${labelOf(old)} was there before this stack used it: it stays with its data, and is billed until it is deleted at Lambda`,
    );
    return;
  }
  await deleteWhenFree(
    context,
    labelOf(old),
    (instance) => instance.region.name === old.region && instance.file_system_names.includes(old.name),
    () => context.api.deleteFileSystem(id),
  );
  await forgetNamed(context, labelOf(old), old.stack);
}
