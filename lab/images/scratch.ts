import { chmod, copyFile, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Artefact } from "../../tools/artefacts/artefact.ts";
import { buildImage, imagePresent } from "../../tools/docker/images/build.ts";
import { programsArtefact, type ScratchImage, scratchImages } from "../k3s/images.ts";
import type { PublishedImage } from "./services.ts";

/** The Dockerfile of an image that consists of the files under `root/`. Pure. */
export function scratchDockerfile({ entrypoint, user }: Pick<ScratchImage, "entrypoint" | "user">): string {
  const lines = ["FROM scratch", "COPY root/ /", ...(user ? [`USER ${user}`] : [])];
  return `${[...lines, `ENTRYPOINT ${JSON.stringify(entrypoint)}`].join("\n")}\n`;
}

/** The artefact of an image without a base, made of the programs of `programs`. */
export function scratchArtefact<Name extends string>(
  image: ScratchImage<Name>,
  programs: Artefact = programsArtefact,
): Artefact {
  return {
    name: `image-${image.name}`,
    title: `pack the ${image.name} image`,
    needs: [programs],
    key: () => Promise.resolve(JSON.stringify(image)),
    present: imagePresent,
    async build(build) {
      const context = join(build.out, "context");
      const root = join(context, "root");
      const place = async (path: string) => {
        const target = join(root, path);
        await mkdir(dirname(target), { recursive: true });
        return target;
      };
      for (const [path, program] of Object.entries(image.programs)) {
        const target = await place(path);
        await copyFile(join(build.folderOf(programs), program), target);
        await chmod(target, 0o755);
      }
      for (const [path, link] of Object.entries(image.links ?? {})) await symlink(link, await place(path));
      const dockerfile = join(context, "Dockerfile");
      await writeFile(dockerfile, scratchDockerfile(image));
      await buildImage({ name: image.name, dockerfile, context, args: {} }, build);
      await rm(context, { recursive: true });
    },
  };
}

/** Images that the cluster itself needs, from programs that the lab builds. */
export const clusterImages: PublishedImage[] = scratchImages.map((image) => ({
  reference: image.reference,
  artefact: scratchArtefact(image),
}));
