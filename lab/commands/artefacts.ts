import type { Artefact } from "../../tools/artefacts/artefact.ts";
import { startObtaining } from "../../tools/artefacts/obtain.ts";
import { prune } from "../../tools/artefacts/prune.ts";
import { helm } from "../../tools/helm/artefact.ts";
import { gpuImages } from "../images/gpu/artefact.ts";
import { mcpImages } from "../images/mcp/images.ts";
import { resticImage } from "../images/restic/image.ts";
import { clusterImages } from "../images/scratch.ts";
import { type PublishedImage, registryImage, serviceImages } from "../images/services.ts";
import { devicePluginChart, operatorManifest } from "../images/upstream.ts";
import { programsArtefact } from "../k3s/images.ts";
import type { Lab } from "../lab.ts";
import { machineImage } from "../machines/image.ts";
import { pulumiCli } from "../pulumi/cli/artefact.ts";
import { chooseMode, type Toolchain, toolchainIn } from "../pulumi/toolchain.ts";
import { fakesnow } from "../saas/snowflake/artefact.ts";
import type { Progress } from "../terminal/progress.ts";

/** Every image that the lab's registry serves. */
export const publishedImages: PublishedImage[] = [
  ...serviceImages,
  ...clusterImages,
  ...gpuImages,
  ...mcpImages,
  resticImage,
];

/** What a preview needs: no Docker, no Kubernetes. */
export const previewArtefacts: Artefact[] = [operatorManifest, devicePluginChart, helm];

/** The images that a lab with or without some parts runs. */
export const imagesFor = (
  parts: Record<NonNullable<PublishedImage["onlyWith"]>, boolean>,
): PublishedImage[] => publishedImages.filter(({ onlyWith }) => onlyWith === undefined || parts[onlyWith]);

/** What a lab that runs these images needs besides the Pulumi CLI. */
export const artefactsFor = (served: readonly PublishedImage[]): Artefact[] => [
  programsArtefact,
  ...previewArtefacts,
  machineImage,
  registryImage,
  fakesnow,
  ...served.map(({ artefact }) => artefact),
];

/** What was obtained: folders by artefact. */
export interface Obtained {
  folder(artefact: Artefact): string;
  toolchain: Toolchain;
}

type Folders = Obtained["folder"];

const foldersOf = (found: Map<string, string>): Folders => {
  return (artefact) => {
    const folder = found.get(artefact.name);
    if (!folder) throw new Error(`artefact ${artefact.name} was not obtained`);
    return folder;
  };
};

/** Artefacts and Pulumi's toolchain that are being obtained; official where it can be downloaded. */
export interface ObtainingAll {
  /** Resolves with the folders of these artefacts as soon as they exist. */
  ready(artefacts: Artefact[]): Promise<Folders>;
  all(): Promise<Obtained>;
  /** Aborts what is not finished. */
  stop(reason: Error): Promise<void>;
}

/** Starts obtaining artefacts, and the CLI where the download site cannot be used. @returns how to wait for them */
export async function startObtainingAll(
  lab: Lab,
  wanted: Artefact[],
  progress: Progress,
  signal?: AbortSignal,
): Promise<ObtainingAll> {
  const mode = await chooseMode((line) => progress.say(line));
  const started = await startObtaining(mode === "official" ? wanted : [pulumiCli, ...wanted], {
    cache: lab.cache,
    signal,
    onEvent: (event) => progress.artefact(event),
  });
  return {
    ready: async (artefacts) => foldersOf(await started.ready(artefacts)),
    stop: started.stop,
    async all() {
      const folder = foldersOf(await started.all());
      const toolchain = await toolchainIn(lab.cache, mode === "official" ? undefined : folder(pulumiCli));
      await prune(lab.cache);
      return { folder, toolchain };
    },
  };
}

/** Obtains artefacts and Pulumi's toolchain. */
export const obtainAll = async (...args: Parameters<typeof startObtainingAll>): Promise<Obtained> =>
  (await startObtainingAll(...args)).all();
