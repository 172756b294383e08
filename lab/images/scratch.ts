import { chmod, copyFile, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Artefact } from "../artefacts/artefact.ts";
import { buildImage, imagePresent } from "./build.ts";

/** An image of nothing but a few files, from artefacts that the lab builds. */
export interface ScratchImage {
  /** Short name; the artefact's is `image-<name>`. */
  name: string;
  /** Artefacts whose folders hold the files. */
  needs: Artefact[];
  files: ScratchFile[];
  entrypoint: string[];
  /** `uid` or `uid:gid`. Default root. */
  user?: string;
  environment?: Record<string, string>;
}

export type ScratchFile =
  /** A file of an artefact's folder, or of this machine where `artefact` is left out. */
  { target: string; artefact?: Artefact; source: string; mode?: number } | { target: string; link: string };

/** The Dockerfile of an image of files under `root/`. Pure. */
export function scratchDockerfile(image: Pick<ScratchImage, "entrypoint" | "user" | "environment">): string {
  const environment = Object.entries(image.environment ?? {}).map(
    ([name, value]) => `ENV ${name}=${JSON.stringify(value)}`,
  );
  const user = image.user ? [`USER ${image.user}`] : [];
  const lines = ["FROM scratch", "COPY root/ /", ...environment, ...user];
  return `${[...lines, `ENTRYPOINT ${JSON.stringify(image.entrypoint)}`].join("\n")}\n`;
}

/** The artefact of an image of files. */
export function scratchImage(image: ScratchImage): Artefact {
  return {
    name: `image-${image.name}`,
    title: `pack the ${image.name} image`,
    needs: image.needs,
    key: () => {
      const files = image.files.map((file) => ({
        ...file,
        artefact: "artefact" in file ? file.artefact?.name : undefined,
      }));
      return Promise.resolve(JSON.stringify([scratchDockerfile(image), files]));
    },
    present: imagePresent,
    async build(build) {
      const context = join(build.out, "context");
      await mkdir(join(context, "root"), { recursive: true });
      for (const file of image.files) {
        const target = join(context, "root", file.target);
        await mkdir(dirname(target), { recursive: true });
        if ("link" in file) await symlink(file.link, target);
        else {
          await copyFile(
            file.artefact ? join(build.folderOf(file.artefact), file.source) : file.source,
            target,
          );
          await chmod(target, file.mode ?? 0o755);
        }
      }
      const dockerfile = join(context, "Dockerfile");
      await writeFile(dockerfile, scratchDockerfile(image));
      await buildImage({ name: image.name, dockerfile, context, args: {} }, build);
      await rm(context, { recursive: true });
    },
  };
}
