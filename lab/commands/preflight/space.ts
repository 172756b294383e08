import { existsSync } from "node:fs";
import { readdir, statfs } from "node:fs/promises";

/** Bytes that an update of the lab needs: the whole state is written again for every resource. */
const needed = 300e6;

/** Bytes that the first build needs at least: 1.4 GB of build cache, and the images of it in Docker. */
const neededToBuild = 6e9;

/** Bytes that the engine needs to write its state a last time. */
const reserve = 150e6;

/** The first folder with less than this many bytes free, in words. */
async function shortage(folders: readonly string[], least: number): Promise<string | undefined> {
  for (const folder of folders) {
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < least) return `${folder} has ${Math.floor((bavail * bsize) / 1e6)} MB free`;
  }
  return undefined;
}

/** Where Docker keeps images, or will: nearest existing folder. Another machine's engine has no such folder here. */
const dockerFolders = (): string[] =>
  process.env.DOCKER_HOST
    ? []
    : ["/var/lib/docker", "/var/lib"].filter((folder) => existsSync(folder)).slice(0, 1);

/**
 * `checkSpace` for `make up`: with an empty build cache, for the first build too, also where Docker keeps its images.
 */
export async function checkSpaceToBuild(
  folder: string,
  cache: string,
  leastToBuild = neededToBuild,
): Promise<void> {
  const cold = (await readdir(cache)).length === 0;
  await checkSpace([folder]);
  await checkSpace([cache, ...dockerFolders()], cold ? leastToBuild : needed);
}

/**
 * Refuses to start when the disk is almost full: Pulumi's file backend would accept an incompletely written state, and
 * the stack could not be read any more.
 *
 * @param least bytes
 * @throws with the folder, its free space, and what to do
 */
export async function checkSpace(folders: readonly string[], least = needed): Promise<void> {
  const short = await shortage(folders, least);
  if (!short) return;
  throw new Error(
    `${short}, the lab needs ${Math.ceil(least / 1e6)} MB: free some space there (see \`df -h\`), ` +
      "or set LAB_ROOT, LAB_CACHE or Docker's data-root to another folder; nothing was changed",
  );
}

/**
 * Does work that writes state, and interrupts it while the disk still has room for the last write.
 *
 * @param work ends soon after its signal is aborted; the signal's reason says why
 * @param least bytes, below which it is interrupted
 */
export async function whileSpaceLasts<Result>(
  folder: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
  least = reserve,
): Promise<Result> {
  const full = new AbortController();
  const look = async () => {
    const short = await shortage([folder], least);
    if (short)
      full.abort(
        new Error(
          `${short}: free some space (see \`df -h\`) and run \`make up\` again, it goes on from here`,
        ),
      );
  };
  const timer = setInterval(() => void look().catch((error) => full.abort(error)), 500);
  try {
    return await work(AbortSignal.any([signal, full.signal]));
  } finally {
    clearInterval(timer);
  }
}
