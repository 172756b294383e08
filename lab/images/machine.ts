import type { Artefact } from "../artefacts/artefact.ts";
import { baseImage } from "./base/image.ts";
import { dockerfileImage } from "./build.ts";

/** What the lab's hosts boot. */
export const machineImage: Artefact = dockerfileImage({
  name: "machine",
  title: "build the image of the lab's hosts",
  dockerfile: "lab/machines/image/Dockerfile",
  from: { BASE: baseImage },
});
