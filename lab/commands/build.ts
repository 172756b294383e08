import { ensureEngine } from "../../tools/docker/engine/engine.ts";
import type { Lab } from "../lab.ts";
import { markFolder } from "../state/folder.ts";
import type { Progress } from "../terminal/progress.ts";
import { artefactsFor, obtainAll, publishedImages } from "./artefacts.ts";
import { checkPrograms } from "./preflight/programs.ts";

/** `make build`: builds the lab's artefacts. Starts the Docker engine, which builds images, and nothing else. */
export async function build(lab: Lab, progress: Progress, signal: AbortSignal): Promise<void> {
  await checkPrograms();
  await markFolder(lab);
  await progress.phase("Toolchain and images", async () => {
    await progress.step("Docker engine", (note) => ensureEngine(lab.folder, note));
    await obtainAll(lab, artefactsFor(publishedImages), progress, signal);
  });
}
