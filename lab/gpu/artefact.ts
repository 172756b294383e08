import { join } from "node:path";
import { images } from "../../components/core/versions.ts";
import type { Artefact } from "../artefacts/artefact.ts";
import { hashOf } from "../artefacts/hash.ts";
import { run } from "../exec.ts";
import { goBuild } from "../goBuild.ts";
import { scratchArtefact } from "../images/scratch.ts";
import type { PublishedImage } from "../images/services.ts";

const folder = join(import.meta.dirname, "dcgm-exporter");

/** The lab's exporter of GPUs that are not there. The result is the file `dcgm-exporter`. */
export const dcgmExporter: Artefact = {
  name: "dcgm-exporter",
  title: "build the exporter of the lab's GPUs",
  alone: "go",
  async key() {
    const { stdout } = await run("go", ["version"]);
    return hashOf(folder, ["go.mod", "go.sum", "main.go", "metrics.go"], stdout.trim());
  },
  async build({ out, log, signal }) {
    await goBuild({
      cwd: folder,
      out: join(out, "dcgm-exporter"),
      packages: ["."],
      linkerFlags: "-s -w",
      log,
      signal,
    });
  },
};

/** Images that GPUs are measured with, under their production names; what we write ourselves is in lab/images. */
export const gpuImages: PublishedImage[] = [
  {
    reference: images.dcgmExporter,
    artefact: scratchArtefact(
      {
        name: "dcgm-exporter",
        reference: images.dcgmExporter,
        programs: { "/usr/bin/dcgm-exporter": "dcgm-exporter" },
        entrypoint: ["/usr/bin/dcgm-exporter"],
      },
      dcgmExporter,
    ),
  },
];
