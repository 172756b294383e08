import { readdir } from "node:fs/promises";
import { endProcess, hasVariable, identify, type ProcessId, processes, stopDaemon } from "./process.ts";

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
  await Promise.all((await unnamed(folder)).map((id) => endProcess(id)));
}

/** Found by environment variable; none on systems without /proc. */
async function unnamed(folder: string): Promise<ProcessId[]> {
  const found = await Promise.all(
    (await processes()).map(async (pid) =>
      (await hasVariable(pid, serverVariable, folder)) ? identify(pid) : undefined,
    ),
  );
  return found.filter((id) => id !== undefined);
}
