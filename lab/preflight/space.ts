import { statfs } from "node:fs/promises";

/** Bytes that an update of the lab needs: the whole state is written again for every resource. */
const needed = 300e6;

/**
 * Refuses to start when the disk is almost full: Pulumi's file backend would accept an incompletely written state, and
 * the stack could not be read any more.
 *
 * @param least bytes
 * @throws with the folder, its free space, and what to do
 */
export async function checkSpace(folders: readonly string[], least = needed): Promise<void> {
  for (const folder of folders) {
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize >= least) continue;
    const left = Math.floor((bavail * bsize) / 1e6);
    throw new Error(
      `${folder} has ${left} MB free, the lab needs ${Math.ceil(least / 1e6)} MB: ` +
        `free some space there (see \`df -h ${folder}\`), or set LAB_ROOT or LAB_CACHE to another folder; nothing was changed`,
    );
  }
}
