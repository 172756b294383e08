import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { digest } from "../../components/core/digest.ts";
import { readJson } from "../readJson.ts";
import { replaceFile } from "../replaceFile.ts";

/** Folder of the cache with a file for each lab that runs on its artefacts. No artefact has this name. */
const usersFolder = "used-by";
const user = z.object({ lab: z.string(), folders: z.array(z.string()) });

/** Notes that the lab in a folder runs on these artefacts: they stay as long as that folder is there. */
export const keepForLab = (cache: string, lab: string, folders: string[]): void =>
  replaceFile(join(cache, usersFolder, `${digest(lab)}.json`), JSON.stringify({ lab, folders }));

const missing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
};
const found = (path: string) => stat(path).catch(missing);
// Another lab may prune at the same time.
const namesIn = async (folder: string) => (await readdir(folder).catch(missing)) ?? [];

/** The artefacts that labs run on. What is noted of labs that are gone is removed. */
async function inUse(cache: string): Promise<Set<string>> {
  const used = new Set<string>();
  for (const name of await namesIn(join(cache, usersFolder))) {
    const file = join(cache, usersFolder, name);
    const noted = await readJson(file, user);
    if (noted && (await found(noted.lab))) for (const folder of noted.folders) used.add(folder);
    else if (noted) await rm(file, { force: true });
  }
  return used;
}

/** How the folder of a build under way begins; the number of its process follows. */
const making = ".making-";
export const makingPrefix = `${making}${process.pid}-`;

/** Milliseconds. Its maker may be in a container, and have a number that means nothing here. */
const certainlyLeft = 3_600_000;

/** Whether a build's folder was left by a process that was killed. */
async function isLeft(folder: string, name: string): Promise<boolean> {
  const at = await found(folder);
  if (!at || Date.now() - at.mtimeMs < certainlyLeft) return false;
  const pid = Number(/^\.making-(\d+)-/.exec(name)?.[1] ?? 0);
  try {
    // Of a name without a number the maker is unknown.
    if (pid > 0) process.kill(pid, 0);
    return pid === 0;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/**
 * Removes an artefact. It is moved away first: what is deleted in a folder makes that the newest, for a lab that prunes at
 * the same time and would keep it instead.
 */
async function remove(folder: string, key: string): Promise<void> {
  const away = join(folder, `${makingPrefix}${key}`);
  await rename(join(folder, key), away).catch(missing);
  await rm(away, { recursive: true, force: true });
}

/**
 * Removes what an older state of the sources made, except the newest `keep` of each artefact and what labs run on, and
 * what killed builds left. Several labs may do so at once.
 */
export async function prune(cache: string, keep = 2): Promise<void> {
  const used = await inUse(cache);
  for (const name of await namesIn(cache)) {
    const folder = join(cache, name);
    const names = await namesIn(folder);
    for (const left of names.filter((one) => one.startsWith(making))) {
      if (await isLeft(join(folder, left), left))
        await rm(join(folder, left), { recursive: true, force: true });
    }
    const keys = names.filter((key) => /^[0-9a-f]{16}$/.test(key));
    const dated = await Promise.all(
      keys.map(async (key) => ({ key, at: (await found(join(folder, key)))?.mtimeMs ?? 0 })),
    );
    dated.sort((a, b) => b.at - a.at || a.key.localeCompare(b.key));
    const old = dated.slice(keep).filter(({ key }) => !used.has(join(folder, key)));
    for (const { key } of old) await remove(folder, key);
  }
}
