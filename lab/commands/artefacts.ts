import { join } from "node:path";
import type { Artefact } from "../artefacts/artefact.ts";
import { obtain, prune } from "../artefacts/obtain.ts";
import { helm } from "../helm/artefact.ts";
import { machineImage } from "../images/machine.ts";
import { clusterImages } from "../images/scratch.ts";
import { type PublishedImage, registryImage, serviceImages } from "../images/services.ts";
import { programsArtefact } from "../k3s/images.ts";
import type { Lab } from "../lab.ts";
import type { Progress } from "../progress.ts";
import { pulumiCli } from "../pulumi/cli/artefact.ts";
import { assembleToolchain, chooseMode, officialToolchain, type Toolchain } from "../pulumi/toolchain.ts";
import { devicePluginChart, operatorManifest } from "../upstream/artefacts.ts";

/** Every image that the lab's registry serves. */
export const publishedImages: PublishedImage[] = [...serviceImages, ...clusterImages];

/** What a preview needs: no Docker, no Kubernetes. */
export const previewArtefacts: Artefact[] = [operatorManifest, devicePluginChart, helm];

/** What a running lab needs besides the Pulumi CLI. */
export const labArtefacts: Artefact[] = [
  programsArtefact,
  ...previewArtefacts,
  machineImage,
  registryImage,
  ...publishedImages.map(({ artefact }) => artefact),
];

/** What was obtained: folders by artefact. */
export interface Obtained {
  folder(artefact: Artefact): string;
  toolchain: Toolchain;
}

/** Obtains artefacts and Pulumi's toolchain, official where it can be downloaded. */
export async function obtainAll(
  lab: Lab,
  wanted: Artefact[],
  progress: Progress,
  signal?: AbortSignal,
): Promise<Obtained> {
  const mode = await chooseMode();
  const all = mode === "official" ? wanted : [pulumiCli, ...wanted];
  const folders = await obtain(all, {
    cache: lab.cache,
    signal,
    onEvent: (event) => progress.artefact(event),
  });
  const folder = (artefact: Artefact) => {
    const found = folders.get(artefact.name);
    if (!found) throw new Error(`artefact ${artefact.name} was not obtained`);
    return found;
  };
  const home = join(lab.cache, "pulumi-home");
  const toolchain =
    mode === "official"
      ? officialToolchain(join(lab.cache, "pulumi-official"))
      : await assembleToolchain(home, folder(pulumiCli));
  await prune(lab.cache);
  return { folder, toolchain };
}
