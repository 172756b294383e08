import { randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { readdir, rm, statfs } from "node:fs/promises";
import { join } from "node:path";

/** Bytes that an update of the lab needs: the whole state is written again for every resource. */
const needed = 300e6;

/** Bytes that the first build needs at least: 1.4 GB of build cache, and the images of it in Docker. */
const neededToBuild = 6e9;

/** Bytes that the engine needs to write its state a last time. */
const reserve = 150e6;

/** Bytes held back in a file during an update: the engine writes a few times its state, which has less than 3 MB. */
const heldBack = 32e6;

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

const isCold = async (cache: string) => (await readdir(cache)).length === 0;

/**
 * `checkSpace` for `make up`: with an empty build cache, for the first build too, also where Docker keeps its images.
 */
export async function checkSpaceToBuild(
  folder: string,
  cache: string,
  leastToBuild = neededToBuild,
): Promise<void> {
  await checkSpace([folder]);
  await checkSpace([cache, ...dockerFolders()], (await isCold(cache)) ? leastToBuild : needed);
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

/** A host of the lab is well with more than `enough` bytes free, or with this part of its disk if that is `least` bytes; as in `k3s/health/health.py`. */
export const hostDisk = { enough: 20 * 2 ** 30, part: 0.1, least: 6 * 2 ** 30 };

/** Whether a host with that disk, in bytes, is well. Pure. */
export const hostIsWell = ({ free, size }: { free: number; size: number }): boolean =>
  free >= hostDisk.enough || (free >= hostDisk.least && free / size >= hostDisk.part);

/**
 * Refuses to start hosts that would report a full disk, instead of after the update: theirs is where Docker keeps its data.
 *
 * @param cache while it is empty, the first build takes its part before
 * @param folders whose first is looked at; another machine's engine has none here
 * @throws with the folder, its free space, what a host needs, and what to do
 */
export async function checkSpaceForHosts(
  cache: string,
  folders = dockerFolders(),
  isWell = hostIsWell,
): Promise<void> {
  const [folder] = folders;
  if (folder === undefined) return;
  const { bavail, blocks, bsize } = await statfs(folder);
  const [free, size] = [bavail * bsize, blocks * bsize];
  const cold = await isCold(cache);
  if (isWell({ free: cold ? free - neededToBuild : free, size })) return;
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  throw new Error(
    `${folder} has ${gib(free)} of ${gib(size)} free, and the lab's hosts are healthy with ${gib(hostDisk.enough)}, or with ` +
      `${hostDisk.part * 100} % if that is ${gib(hostDisk.least)}${cold ? `, after a build that takes ${gib(neededToBuild)}` : ""}: free some space there (see \`df -h\` and \`docker system df\`), or set ` +
      "Docker's data-root to another folder; nothing was changed",
  );
}

export interface SpaceLimits {
  /** Bytes, below which the work is interrupted. Default 150 MB. */
  least?: number;
  /** Bytes that are held back for the work's last writes. Default 32 MB. */
  held?: number;
}

/**
 * Does work that writes state, and interrupts it while the disk still has room for the last write. Where something fills
 * the disk faster than that is seen, the work gets the space that was held back: the engine tries a failed write again
 * for half a minute. Its state is incomplete until one succeeds.
 *
 * @param folder where the work writes
 * @param work ends soon after its signal is aborted; the signal's reason says why
 */
export async function whileSpaceLasts<Result>(
  folder: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
  { least = reserve, held = heldBack }: SpaceLimits = {},
): Promise<Result> {
  const full = new AbortController();
  const file = join(folder, "held-back");
  const look = async () => {
    const short = await shortage([folder], least);
    if (!short) return;
    await rm(file, { force: true });
    full.abort(
      new Error(`${short}: free some space (see \`df -h\`) and run \`make up\` again, it goes on from here`),
    );
  };
  // Not zeros, which some file systems do not store.
  writeFileSync(file, randomBytes(held), { mode: 0o600 });
  const timer = setInterval(() => void look().catch((error) => full.abort(error)), 500);
  try {
    return await work(AbortSignal.any([signal, full.signal]));
  } finally {
    clearInterval(timer);
    await rm(file, { force: true });
  }
}
