import { existsSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { files, type Lab } from "../lab.ts";
import { networkOf } from "./claim.ts";

/** The file in a lab's folder that says that the folder is the lab's: what has it may be removed. */
const mark = ".sophia-lab";

const namesIn = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    if (error.code === "ENOTDIR") throw new Error(`${folder} is a file, and no folder of a lab`);
    throw error;
  });

/** Whether a folder without the mark has what a lab of a version before the mark keeps of itself. */
async function isUnmarkedLab(lab: Lab): Promise<boolean> {
  if ((await networkOf(lab)) !== undefined || existsSync(files(lab).passphrase)) return true;
  const previews = join(lab.folder, "previews");
  return (await namesIn(previews)).some((name) => existsSync(join(previews, name, "keys/passphrase")));
}

/**
 * Refuses a folder with anything in it that is not a lab's. `make down` removes the folder, and `LAB` and `LAB_ROOT` may
 * name any: with `LAB_ROOT=/usr` it would be `/usr/local`.
 */
export async function checkFolder(lab: Lab): Promise<void> {
  const names = await namesIn(lab.folder);
  if (names.length === 0 || names.includes(mark) || (await isUnmarkedLab(lab))) return;
  throw new Error(
    `${lab.folder} is not the folder of a lab: it has ${names.sort().slice(0, 3).join(", ")} and no ${mark}. Nothing was ` +
      "changed. Name another lab or another folder of labs: LAB=<name>, LAB_ROOT=<folder>",
  );
}

/** Makes the lab's folder, and marks it as such. @throws where it is not a lab's */
export async function markFolder(lab: Lab): Promise<void> {
  await checkFolder(lab);
  await mkdir(lab.folder, { recursive: true, mode: 0o700 });
  await writeFile(join(lab.folder, mark), "");
}

/** Removes the lab's folder. The mark goes last: an interrupted removal can be continued. */
export async function removeFolder(lab: Lab): Promise<void> {
  for (const name of await namesIn(lab.folder))
    if (name !== mark) await rm(join(lab.folder, name), { recursive: true, force: true });
  await rm(lab.folder, { recursive: true, force: true });
}
