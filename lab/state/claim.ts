import { constants } from "node:fs";
import { access, chmod, link, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Lab } from "../lab.ts";

/**
 * Registry of the loopback networks of all labs on this machine, of all checkouts. Not in `TMPDIR`: labs with different
 * values would claim the same network.
 */
const registry = "/tmp/sophia-labs";

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
 * the lab's until `releaseNetwork`; a claim without its lab folder is free.
 */
export async function claimNetwork(lab: Lab): Promise<string> {
  const known = await networkOf(lab);
  if (known) return known;
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
    for (let number = 1; number < 255; number += 1) {
      try {
        await link(draft, join(registry, String(number)));
        return `127.20.${number}`;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw new Error(
    `all 254 loopback networks are claimed; run \`make down\` in one of the labs named in ${registry}`,
  );
}

/** Releases the lab's network. */
export async function releaseNetwork(lab: Lab): Promise<void> {
  for (const claim of await claimsOf(lab)) await rm(join(registry, claim), { force: true });
}
