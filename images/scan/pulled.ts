import { docker } from "../../tools/docker/docker.ts";
import { type RegistryLogin, withLogins } from "../../tools/docker/login.ts";
import { type ScannerOptions, scanImage } from "./scanner.ts";
import { scanAll } from "./vulnerabilities.ts";

/** Name of an image while it is scanned: an archive names what it holds by tag only. Pure. */
function scanTag(name: string, reference: string): string {
  const [, digest = "by-tag"] = /@sha256:([0-9a-f]{16})/.exec(reference) ?? [];
  return `sophia-scan/${name.toLowerCase().replace(/[^a-z0-9]+/g, "-")}:${digest}`;
}

/**
 * Pulls images from their registries, for this machine's platform, and scans them.
 * @param references `name:tag@digest`, or `name:tag`, by the name that the result has
 * @param logins none: images are pulled as this user pulls them
 * @param report receives the result of each image as soon as it is known
 * @returns whether no image has a vulnerability that must be fixed
 */
export async function scanPulled(
  references: Readonly<Record<string, string>>,
  logins: readonly RegistryLogin[],
  scanner: ScannerOptions,
  report: (text: string) => void,
): Promise<boolean> {
  const images = Object.entries(references).map(([name, reference]) => ({ name, reference }));
  return withLogins(logins, (folder) =>
    scanAll(
      images,
      async ({ name, reference }) => {
        const env = logins.length > 0 ? { DOCKER_CONFIG: folder } : {};
        await docker(["pull", "--quiet", reference], { env });
        const tag = scanTag(name, reference);
        await docker(["tag", reference, tag]);
        try {
          return await scanImage(scanner, tag);
        } finally {
          await docker(["rmi", "--no-prune", tag], { allowFailure: true });
        }
      },
      report,
    ),
  );
}
