import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { type BuildSettings, recipes, unknownBases } from "../../components/images/families.ts";
import { imagesSettings } from "../../components/settings/images.ts";
import type { Artefact } from "../../lab/artefacts/artefact.ts";
import { baseImage } from "../../lab/images/base/image.ts";
import { dockerfileImage, imagePresent, keepImage } from "../../lab/images/build.ts";
import { nodeImage } from "../../lab/images/node/image.ts";
import { repository } from "../../lab/lab.ts";
import { docker } from "../../lab/machines/engine/docker.ts";

/** How a stack builds its images, by its stack file. @throws when it builds none */
export async function buildSettingsOf(stack: string): Promise<BuildSettings> {
  const file = `Pulumi.${stack}.yaml`;
  const text = await readFile(join(repository, file), "utf8");
  const { config } = parse(text) as { config: Record<string, unknown> };
  const { build } = imagesSettings.parse(config["sophia-infra:images"] ?? {});
  if (!build) throw new Error(`${file} builds no images: sophia-infra:images has no build`);
  return build;
}

/** What images are made of, as the stack names it: pulled by its digest. */
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
 * Every image that a stack builds, made here for this machine's platform and pushed nowhere. Bases that nobody has
 * looked up yet are those of the lab: the same names, whatever their newest digest is.
 */
export function scannedImages(settings: BuildSettings): { name: string; artefact: Artefact }[] {
  const looked = unknownBases(settings).length === 0;
  const node = looked ? pinned("node", settings.bases.node) : nodeImage;
  const debian = looked ? pinned("debian", settings.bases.debian) : baseImage;
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
