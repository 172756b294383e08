import { readdir } from "node:fs/promises";
import { endProcess, stopDaemon, withVariable } from "./process.ts";

/** Environment variable that marks a server of the lab and its children: the server's folder. */
export const serverVariable = "SOPHIA_LAB_SERVER";

/**
 * Ends the servers of a folder: those in its process files, and those whose process file was lost because of a full disk
 * or a kill.
 */
export async function stopServer(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const known = names.filter((name) => /^pid-.*\.json$/.test(name));
  await Promise.all(known.map((name) => stopDaemon(`${folder}/${name}`)));
  await Promise.all((await withVariable(serverVariable, folder)).map((id) => endProcess(id)));
}
