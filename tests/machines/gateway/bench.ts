import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { images } from "../../../components/core/versions.ts";
import { vmcp } from "../../../lab/images/mcp/artefact.ts";
import { serviceImages } from "../../../lab/images/services.ts";
import { labOf } from "../../../lab/lab.ts";
import { obtain } from "../../../tools/artefacts/obtain.ts";
import { ensureEngine } from "../../../tools/docker/engine/engine.ts";
import { imageOf } from "../../../tools/docker/images/build.ts";

/** What every test of the gateway stands on. */
export interface Bench {
  /** The gateway's engine. */
  binary: string;
  folder: string;
  /** Called by `close`, the last one first. */
  stops: (() => Promise<unknown>)[];
  close(): Promise<void>;
}

export async function openBench(): Promise<Bench> {
  const folders = await obtain([vmcp], { cache: labOf().cache });
  const folder = mkdtempSync(join(tmpdir(), "gateway-"));
  const stops: Bench["stops"] = [];
  return {
    binary: join(folders.get(vmcp.name) ?? "", "vmcp"),
    folder,
    stops,
    close: async () => {
      for (const stop of stops.reverse()) await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The lab's image of Nginx, in a container engine that runs. @returns its name there */
export async function nginxImage(): Promise<string> {
  const lab = labOf();
  await ensureEngine(lab.folder, () => {});
  const artefact = serviceImages.find(({ reference }) => reference === images.nginx)?.artefact;
  if (!artefact) throw new Error("no image of Nginx");
  const built = await obtain([artefact], { cache: lab.cache });
  return imageOf(built.get(artefact.name) ?? "");
}
