import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The engine belongs to the machine, not to a checkout: so does what is known of it. */
export const stateFolder = "/var/lib/sophia-lab";
const recordFile = join(stateFolder, "engine.json");
const limitsFile = join(stateFolder, "limits.json");
const usersFolder = join(stateFolder, "users");

/** Written when the lab starts an engine; says how to stop it and what to put back. */
export interface EngineRecord {
  by: "systemd" | "hand";
  /** Process id of `dockerd`, where it was started by hand. */
  pid?: number;
  log?: string;
  before: { ipForward: string; forwardPolicy: string };
}

const missing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code === "ENOENT") return undefined;
  throw error;
};

export async function readRecord(): Promise<EngineRecord | undefined> {
  const text = await readFile(recordFile, "utf8").catch(missing);
  return text === undefined ? undefined : (JSON.parse(text) as EngineRecord);
}

/** Limits of the kernel as they were before the first lab, by file. */
export async function readLimits(): Promise<Record<string, number>> {
  const text = await readFile(limitsFile, "utf8").catch(missing);
  return text === undefined ? {} : (JSON.parse(text) as Record<string, number>);
}

export async function writeLimits(limits: Record<string, number>): Promise<void> {
  await mkdir(stateFolder, { recursive: true });
  await writeFile(limitsFile, JSON.stringify(limits));
}

export const dropLimits = (): Promise<void> => rm(limitsFile, { force: true });

export async function writeRecord(record: EngineRecord): Promise<void> {
  await mkdir(stateFolder, { recursive: true });
  await writeFile(recordFile, JSON.stringify(record));
}

/** Forgets an engine that did not start, and keeps its log. */
export const dropRecord = (): Promise<void> => rm(recordFile, { force: true });

/** Forgets everything, when nothing of the labs is left on the machine. */
export const forgetAll = (): Promise<void> => rm(stateFolder, { recursive: true, force: true });

const userFile = (labFolder: string): string =>
  join(usersFolder, createHash("sha256").update(labFolder).digest("hex").slice(0, 16));

/** Notes that the lab in `labFolder` needs the engine, from before its first container until it is down. */
export async function addUser(labFolder: string): Promise<void> {
  await mkdir(usersFolder, { recursive: true });
  await writeFile(userFile(labFolder), labFolder);
}

export const removeUser = (labFolder: string): Promise<void> => rm(userFile(labFolder), { force: true });

/** Folders of the labs that still need the engine; one whose folder was deleted needs nothing. */
export async function users(): Promise<string[]> {
  const names = (await readdir(usersFolder).catch(missing)) ?? [];
  const folders = await Promise.all(names.map((name) => readFile(join(usersFolder, name), "utf8")));
  const alive = await Promise.all(
    folders.map((folder) => stat(folder).then((found) => found.isDirectory(), missing)),
  );
  return folders.filter((_, index) => alive[index]);
}
