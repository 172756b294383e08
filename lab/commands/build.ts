import type { Lab } from "../lab.ts";
import { ensureEngine } from "../machines/engine/engine.ts";
import { checkPrograms } from "../preflight/programs.ts";
import type { Progress } from "../progress.ts";
import { labArtefacts, obtainAll } from "./artefacts.ts";

/** Builds all that the lab needs, and starts nothing but the Docker engine that builds images. */
export async function build(lab: Lab, progress: Progress, signal: AbortSignal): Promise<void> {
  await checkPrograms(true);
  await progress.phase("Toolchain and images", async () => {
    await progress.step("Docker engine", (note) => ensureEngine(lab.folder, note));
    await obtainAll(lab, labArtefacts, progress, signal);
  });
}
