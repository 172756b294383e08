import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { type BuildSettings, recipes, unknownBases } from "../../components/images/families.ts";
import { imagesSettings } from "../../components/settings/sections/images.ts";
import type { Artefact } from "../../tools/artefacts/artefact.ts";
import { docker } from "../../tools/docker/docker.ts";
import { baseImage } from "../../tools/docker/images/base/image.ts";
import { dockerfileImage, imagePresent, keepImage } from "../../tools/docker/images/build.ts";
import { nodeImage } from "../../tools/docker/images/node/image.ts";
import { repository } from "../../tools/repository.ts";

/**
 * How a stack builds its images, by its stack file.
 * @param file another stack file than `Pulumi.<stack>.yaml` of this checkout
 * @throws when it builds none
 */
export async function buildSettingsOf(stack: string, file = ""): Promise<BuildSettings> {
  const path = file || join(repository, `Pulumi.${stack}.yaml`);
  const text = await readFile(path, "utf8");
  const { config } = parse(text) as { config: Record<string, unknown> };
  const { build } = imagesSettings.parse(config["sophia-infra:images"] ?? {});
  if (!build) throw new Error(`${basename(path)} builds no images: sophia-infra:images has no build`);
  return build;
}

/** A base image as the stack file names it, pulled by its digest. */
const pinned = (name: string, reference: string): Artefact => ({
  name: `image-pinned-${name}`,
  title: `pull ${reference}`,
  key: () => Promise.resolve(reference),
  present: imagePresent,
  async build({ out, log, signal }) {
    await docker(["pull", reference], { onLine: log, signal });
    await keepImage(out, `pinned-${name}`, reference);
  },
});

/**
 * Every image that a stack builds, built for this machine's platform and not pushed. While the stack file has no digests of
 * the bases, the lab's bases are used: the same names, at their newest digest.
 */
export function scannedImages(settings: BuildSettings): { name: string; artefact: Artefact }[] {
  const known = unknownBases(settings).length === 0;
  const node = known ? pinned("node", settings.bases.node) : nodeImage;
  const debian = known ? pinned("debian", settings.bases.debian) : baseImage;
  const made: { name: string; artefact: Artefact }[] = [];
  for (const { name, context, dockerfile, overBase } of recipes(settings)) {
    const base = made[0]?.artefact;
    const from: Record<string, Artefact> =
      overBase && base ? { NODE: node, BASE: base } : { NODE: node, DEBIAN: debian };
    // The root as context is what .dockerignore lets through: hashing all of it would take the lab's cache along.
    const inputs = context === "." ? ["images", "mcp", "lambda/client", "components"] : [context];
    const artefact = dockerfileImage({
      name: `scanned-${name}`,
      title: `build the ${name} image`,
      dockerfile,
      context,
      inputs,
      from,
    });
    made.push({ name, artefact });
  }
  return made;
}
