import type { Artefact } from "../../tools/artefacts/artefact.ts";
import { baseImage } from "../../tools/docker/images/base/image.ts";
import { dockerfileImage } from "../../tools/docker/images/build.ts";

/** The image of the lab's hosts. */
export const machineImage: Artefact = dockerfileImage({
  name: "machine",
  title: "build the image of the lab's hosts",
  dockerfile: "lab/machines/image/Dockerfile",
  from: { BASE: baseImage },
});
