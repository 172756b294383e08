import { join } from "node:path";
import { images } from "../../../components/core/versions.ts";
import { goProgram } from "../../../tools/artefacts/goProgram.ts";
import { scratchArtefact } from "../scratch.ts";
import type { PublishedImage } from "../services.ts";

/** The lab's exporter of simulated GPUs. The result is the file `dcgm-exporter`. */
const dcgmExporter = goProgram({
  name: "dcgm-exporter",
  title: "build the exporter of the lab's GPUs",
  folder: join(import.meta.dirname, "dcgm-exporter"),
  inputs: ["go.mod", "go.sum", "main.go", "metrics.go"],
});

/** Third-party images for GPU metrics, under their production names. */
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
