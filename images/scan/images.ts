import { type BuildSettings, recipes, unknownBases } from "../../components/images/families.ts";
import type { Artefact } from "../../tools/artefacts/artefact.ts";
import { docker } from "../../tools/docker/docker.ts";
import { baseImage } from "../../tools/docker/images/base/image.ts";
import { dockerfileImage, imagePresent, keepImage } from "../../tools/docker/images/build.ts";
import { nodeImage } from "../../tools/docker/images/node/image.ts";

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
