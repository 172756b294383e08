import { join } from "node:path";
import { images } from "../../components/core/versions.ts";
import { goProgram } from "../goProgram.ts";
import { scratchArtefact } from "../images/scratch.ts";
import type { PublishedImage } from "../images/services.ts";

/** The lab's exporter of GPUs that are not there. The result is the file `dcgm-exporter`. */
export const dcgmExporter = goProgram({
  name: "dcgm-exporter",
  title: "build the exporter of the lab's GPUs",
  folder: join(import.meta.dirname, "dcgm-exporter"),
  inputs: ["go.mod", "go.sum", "main.go", "metrics.go"],
});

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
