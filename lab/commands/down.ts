import { rm } from "node:fs/promises";
import { join } from "node:path";
import { files, type Lab } from "../lab.ts";
import { removeMachines } from "../machines/docker.ts";
import { engineAvailable } from "../machines/engine/engine.ts";
import { stopEngine } from "../machines/engine/stop.ts";
import type { Progress } from "../progress.ts";
import { endLeftCli } from "../pulumi/locks.ts";
import { releaseNetwork } from "../state/claim.ts";
import { stopServer } from "../state/servers.ts";
import { stopServers } from "./services.ts";

/**
 * `make down`: nothing of the lab is left but the build cache. It asks nobody's consent and needs nothing to work: the
 * machines are removed where they are, so a half-dead lab goes, too.
 */
export async function down(lab: Lab, progress: Progress): Promise<void> {
  await progress.phase("Removing the lab", async () => {
    await endLeftCli(join(files(lab).backend, "state"), 5);
    // Plugins of a CLI that was killed do not notice.
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
