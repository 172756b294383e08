import { rm } from "node:fs/promises";
import { join } from "node:path";
import { engineAvailable } from "../../tools/docker/engine/engine.ts";
import { stopEngine } from "../../tools/docker/engine/stop.ts";
import { files, type Lab } from "../lab.ts";
import { removeMachines } from "../machines/docker.ts";
import { endLeftCli } from "../pulumi/locks.ts";
import { releaseNetwork } from "../state/claim.ts";
import { stopServer } from "../state/servers.ts";
import type { Progress } from "../terminal/progress.ts";
import { stopServers } from "./services.ts";

/**
 * `make down`: removes everything of the lab except the build cache, without confirmation. It does not use Pulumi, so it
 * also removes a lab that is incomplete or broken.
 */
export async function down(lab: Lab, progress: Progress): Promise<void> {
  await progress.phase("Removing the lab", async () => {
    await endLeftCli(join(files(lab).backend, "state"), 5);
    // Plugins of a killed CLI keep running.
    await stopServer(files(lab).backend);
    await progress.step("emulated Lambda Cloud and vendors, release server", () => stopServers(lab));
    const engine = await engineAvailable();
    if (engine.ok) {
      await progress.step("machines, registry, network", async (note) => {
        const removed = await removeMachines(lab);
        note(`${removed.length} removed`);
      });
    }
    await releaseNetwork(lab);
    await rm(lab.folder, { recursive: true, force: true });
    await progress.step("Docker engine", async (note) => {
      const result = await stopEngine(lab.folder);
      note(result.stopped ? "stopped" : result.because);
    });
  });
}
