import { readdir } from "node:fs/promises";
import { endProcess, hasVariable, identify, type ProcessId, processes, stopDaemon } from "./process.ts";

/** Environment variable that marks a server of the lab, and all that it starts: the folder that it works in. */
export const serverVariable = "SOPHIA_LAB_SERVER";

/**
 * Ends the servers that work in a folder, whatever arguments they run with: those that its process files name, and those
 * that none names any more, because a full disk or a kill at the wrong moment lost it.
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

/** By the processes' environment, which systems without /proc do not show. */
async function unnamed(folder: string): Promise<ProcessId[]> {
  const found = await Promise.all(
    (await processes()).map(async (pid) =>
      (await hasVariable(pid, serverVariable, folder)) ? identify(pid) : undefined,
    ),
  );
  return found.filter((id) => id !== undefined);
}
