import { docker } from "../../tools/docker/docker.ts";
import { type RegistryLogin, withLogins } from "../../tools/docker/login.ts";
import { type ScannerOptions, scanImage } from "./scanner.ts";
import { scanAll } from "./vulnerabilities.ts";

/**
 * Pulls images from their registry by digest, for this machine's platform, and scans them.
 * @param references `name:tag@digest` by the image's short name
 * @param report receives the result of each image as soon as it is known
 * @returns whether no image has a vulnerability that must be fixed
 */
export async function scanDeployed(
  references: Readonly<Record<string, string>>,
  login: RegistryLogin,
  scanner: ScannerOptions,
  report: (text: string) => void,
): Promise<boolean> {
  const images = Object.entries(references).map(([name, reference]) => ({ name, reference }));
  return withLogins([login], (folder) =>
    scanAll(
      images,
      async ({ name, reference }) => {
        await docker(["pull", "--quiet", reference], { env: { DOCKER_CONFIG: folder } });
        // An archive names what it holds by tag only.
        const tag = `sophia-scan/${name}:${reference.slice(-16)}`;
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
