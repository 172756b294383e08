import { copyFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { images } from "../../../components/core/versions.ts";
import { hashOf } from "../../../tools/artefacts/hash.ts";
import { baseImage } from "../../../tools/docker/images/base/image.ts";
import { buildImage, imageOf, imagePresent } from "../../../tools/docker/images/build.ts";
import type { PublishedImage } from "../services.ts";
import { restic } from "./artefact.ts";

const folder = import.meta.dirname;

/** The image of backups, under its production name: restic as the lab builds it, on the lab's Debian. */
export const resticImage: PublishedImage = {
  reference: images.restic,
  onlyWith: "backup",
  artefact: {
    name: "image-restic",
    title: "pack the image of backups",
    needs: [restic, baseImage],
    key: () => hashOf(folder, ["Dockerfile"]),
    present: imagePresent,
    async build(build) {
      const context = join(build.out, "context");
      await mkdir(context);
      await copyFile(join(build.folderOf(restic), "restic"), join(context, "restic"));
      const args = { BASE: await imageOf(build.folderOf(baseImage)) };
      await buildImage({ name: "restic", dockerfile: join(folder, "Dockerfile"), context, args }, build);
      await rm(context, { recursive: true });
    },
  },
};
