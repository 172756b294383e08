import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { digest } from "../../../components/core/digest.ts";
import { readJson } from "../../readJson.ts";
import { replaceFile } from "../../replaceFile.ts";

/** The engine belongs to the machine, not to a checkout: so does what is known of it. */
export const stateFolder = "/var/lib/sophia-lab";
const recordFile = join(stateFolder, "engine.json");
const limitsFile = join(stateFolder, "limits.json");
const usersFolder = join(stateFolder, "users");

const engineRecord = z.object({
  by: z.enum(["systemd", "hand"]),
  /** Process id of `dockerd`, where the lab started it as a process of its own. */
  pid: z.number().optional(),
  log: z.string().optional(),
  before: z.object({
    ipForward: z.string(),
    forwardPolicy: z.string(),
    /** That of IPv6; Docker sets it only where its networks have it. */
    forwardPolicy6: z.string().default("ACCEPT"),
  }),
});
const limitsRecord = z.record(z.string(), z.number());

/** Written before the lab starts or installs an engine; says how to stop it and what to put back. */
export type EngineRecord = z.infer<typeof engineRecord>;

const missing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code === "ENOENT") return undefined;
  throw error;
};

/** The engine that labs started; undefined where they started none. */
export const readRecord = (): Promise<EngineRecord | undefined> => readJson(recordFile, engineRecord);

/** Limits of the kernel as they were before the first lab, by file. */
export const readLimits = async (): Promise<Record<string, number>> =>
  (await readJson(limitsFile, limitsRecord)) ?? {};

/** Notes limits of the kernel before they are raised. */
export async function writeLimits(limits: Record<string, number>): Promise<void> {
  replaceFile(limitsFile, JSON.stringify(limits), 0o644);
}

/** Forgets them, once they are put back. */
export const dropLimits = (): Promise<void> => rm(limitsFile, { force: true });

/** Notes an engine, for every lab of this machine. */
export async function writeRecord(record: EngineRecord): Promise<void> {
  replaceFile(recordFile, JSON.stringify(record), 0o644);
}

/** Forgets an engine that did not start, and keeps its log. */
export const dropRecord = (): Promise<void> => rm(recordFile, { force: true });

/** Forgets everything, when nothing of the labs is left on the machine. */
export const forgetAll = (): Promise<void> => rm(stateFolder, { recursive: true, force: true });

const userFile = (labFolder: string): string => join(usersFolder, digest(labFolder));

/**
 * Notes that the lab in `labFolder` needs the engine, from before its first container or build until it is down. Makes
 * the folder: a user without one does not count.
 */
export async function addUser(labFolder: string): Promise<void> {
  await mkdir(labFolder, { recursive: true, mode: 0o700 });
  await mkdir(usersFolder, { recursive: true });
  await writeFile(userFile(labFolder), labFolder);
}

/** The lab does not need the engine any more. */
export const removeUser = (labFolder: string): Promise<void> => rm(userFile(labFolder), { force: true });

/**
 * Whether a lab's folder is there. One that this user may not see, as another user's, is.
 *
 * @public for a test, which imports it as another user
 */
export const isThere = (labFolder: string): Promise<boolean> =>
  stat(labFolder).then(
    (found) => found.isDirectory(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EACCES") return true;
      return missing(error) ?? false;
    },
  );

/** Folders of the labs that still need the engine; one whose folder was deleted needs nothing. */
export async function users(): Promise<string[]> {
  const names = (await readdir(usersFolder).catch(missing)) ?? [];
  const folders = await Promise.all(names.map((name) => readFile(join(usersFolder, name), "utf8")));
  const alive = await Promise.all(folders.map(isThere));
  return folders.filter((_, index) => alive[index]);
}
