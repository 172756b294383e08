import { constants } from "node:fs";
import { access, chmod, link, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Lab } from "../lab.ts";

/**
 * Registry of the loopback networks of all labs on this machine, of all checkouts. Not in `TMPDIR`: labs with different
 * values would claim the same network.
 */
const registry = "/tmp/sophia-labs";

/** First three parts of the networks' addresses. */
const networks = Array.from({ length: 254 }, (_, index) => `127.20.${index + 1}`);

/** What another user's folder hides counts as there. */
const exists = (path: string) =>
  stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== "ENOENT",
  );

/** Makes the registry, in which every user of the machine may claim, and remove their own claims only. */
async function makeRegistry(): Promise<void> {
  await mkdir(registry, { recursive: true });
  const { uid, mode } = await stat(registry);
  const shared = (mode & 0o1777) === 0o1777;
  if (shared) return;
  if (uid === process.getuid?.() || process.getuid?.() === 0) return chmod(registry, 0o1777);
  await access(registry, constants.W_OK).catch((cause: unknown) => {
    throw new Error(`${registry} belongs to another user, who must share it: sudo chmod 1777 ${registry}`, {
      cause,
    });
  });
}

const ownerOf = (claim: string) => readFile(join(registry, claim), "utf8").catch(() => "");

/** Where a lab keeps its network's number: the registry is lost when the machine restarts, or clears old files of `/tmp`. */
const keptIn = (lab: Lab) => join(lab.folder, "network");

/** The lab's own claims: one, or none. */
async function claimsOf(lab: Lab): Promise<string[]> {
  const claims = await readdir(registry).catch(() => []);
  const owners = await Promise.all(claims.map(ownerOf));
  return claims.filter((_, index) => owners[index] === lab.folder);
}

/** The network that the lab claimed, as `claimNetwork` returns it. */
export async function networkOf(lab: Lab): Promise<string | undefined> {
  const [claim] = await claimsOf(lab);
  return claim && `127.20.${claim}`;
}

/**
 * The lab's own loopback network, as its first three parts: `127.20.7`. The first call claims a free one, which stays
 * the lab's until `releaseNetwork`, also where its claim was lost meanwhile; a claim without its lab folder is free.
 *
 * @param others addresses that others have, such as labs whose claims were lost: their networks are not free
 */
export async function claimNetwork(lab: Lab, others: readonly string[] = []): Promise<string> {
  const network = (await networkOf(lab)) ?? (await newClaim(lab, others));
  await writeFile(keptIn(lab), network);
  return network;
}

async function newClaim(lab: Lab, others: readonly string[]): Promise<string> {
  await makeRegistry();
  for (const claim of await readdir(registry)) {
    if (await exists(await ownerOf(claim))) continue;
    await rm(join(registry, claim), { force: true }).catch((error: NodeJS.ErrnoException) => {
      // Another user's, who removes it with their own next claim.
      if (error.code !== "EPERM") throw error;
    });
  }
  await mkdir(lab.folder, { recursive: true });
  // Written outside and linked in, so that a claim never exists without its owner.
  const draft = `${registry}-claim-${process.pid}`;
  try {
    await writeFile(draft, lab.folder);
    const kept = await readFile(keptIn(lab), "utf8").catch(() => "");
    const free = networks.filter((network) => !others.some((address) => address.startsWith(`${network}.`)));
    for (const network of free.toSorted((a, b) => Number(b === kept) - Number(a === kept))) {
      try {
        await link(draft, join(registry, network.replace(/.*\./, "")));
        return network;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw new Error(
    `all ${networks.length} loopback networks are taken; run \`make down\` in one of the labs named in ${registry}`,
  );
}

/** Releases the lab's network. */
export async function releaseNetwork(lab: Lab): Promise<void> {
  for (const claim of await claimsOf(lab)) await rm(join(registry, claim), { force: true });
  await rm(keptIn(lab), { force: true });
}
