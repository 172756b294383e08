import { statfs } from "node:fs/promises";

/** Bytes that an update of the lab needs: its state is written anew, whole, for every resource. */
const needed = 300e6;

/**
 * Refuses to begin where the disk would become full: Pulumi's file backend takes a state that was cut short for a whole
 * one, and the stack could not be read any more.
 *
 * @param least bytes
 * @throws with the folder, what is left there, and what to do
 */
export async function checkSpace(folders: readonly string[], least = needed): Promise<void> {
  for (const folder of folders) {
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize >= least) continue;
    const left = Math.floor((bavail * bsize) / 1e6);
    throw new Error(
      `${folder} has ${left} MB left, and the lab needs ${Math.ceil(least / 1e6)} MB to work with: ` +
        `free some space there (see \`df -h ${folder}\`), or name another folder in LAB_ROOT or LAB_CACHE; nothing was changed`,
    );
  }
}
