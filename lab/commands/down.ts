import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { engineAnswers } from "../../tools/docker/engine/engine.ts";
import { stopEngine } from "../../tools/docker/engine/stop.ts";
import { files, type Lab } from "../lab.ts";
import { removeMachines } from "../machines/docker.ts";
import { endLeftCli } from "../pulumi/locks.ts";
import { networkOf, releaseNetwork } from "../state/claim.ts";
import { removeFolder } from "../state/folder.ts";
import { stopServer } from "../state/servers.ts";
import type { Progress } from "../terminal/progress.ts";
import { stopServers } from "./services.ts";

/**
 * `make down`: removes everything of the lab except the build cache, without confirmation. It does not use Pulumi, so it
 * also removes a lab that is incomplete or broken.
 *
 * @throws where the lab may have containers and no engine answers; claim and folder are kept for the next attempt
 */
export async function down(lab: Lab, progress: Progress): Promise<void> {
  await progress.phase("Removing the lab", async () => {
    await endLeftCli(join(files(lab).backend, "state"), 5);
    // Plugins of a killed CLI keep running.
    await stopServer(files(lab).backend);
    await progress.step("emulated Lambda Cloud and vendors, release server", () => stopServers(lab));
    if ((await engineAnswers()) || (await hadMachines(lab))) {
      const removed = await progress.step("machines, registry, network", () => removeMachines(lab));
      progress.say(`${removed.length} containers, volumes and networks removed`);
    }
    await releaseNetwork(lab);
    await removeFolder(lab);
    const engine = await progress.step("Docker engine", () => stopEngine(lab.folder));
    progress.say(engine.stopped ? "stopped" : `left as it is: ${engine.because}`);
  });
}

/** Whether the lab came as far as to have containers; its claim is lost when the machine restarts, its folder is not. */
const hadMachines = async (lab: Lab): Promise<boolean> =>
  (await networkOf(lab)) !== undefined || existsSync(dirname(files(lab).cloudState));
