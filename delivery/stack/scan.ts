import { outputsSchema } from "../../components/outputs.ts";
import { engineForImages } from "../../images/scan/engine.ts";
import { scanPulled } from "../../images/scan/pulled.ts";
import { scannerOf } from "../../images/scan/scanner.ts";
import { buildSettingsOf } from "../../images/scan/stackFile.ts";
import { cacheFolder } from "../../tools/repository.ts";
import { outputs, type Program, pulumi } from "./program.ts";

/**
 * The platform's own images that a stack runs, by digest, from its outputs. Pure.
 * @throws when an output is missing, or names an image without a digest
 */
export function deployedImages(stack: string, given: Record<string, unknown>): Record<string, string> {
  const result = outputsSchema.pick({ repoDigests: true }).safeParse(given);
  if (result.success) return result.data.repoDigests;
  const places = result.error.issues.map(({ path }) => path.join(".")).join(", ");
  throw new Error(
    `the images of stack ${stack} cannot be scanned: its outputs do not name them by digest (${places}); deploy it first`,
  );
}

/** What to do about a vulnerable image that is already deployed. */
const remedy =
  "They run now, and nothing was rolled back: earlier images are built from older packages. " +
  "Deploy fixed versions: docs/runbooks/upgrade.md#a-deployed-image-is-vulnerable";

/**
 * Scans the images that the stack runs, as its registry has them. The registry's password is read from the stack's
 * configuration into memory, and given to Docker in a file that only this user can read.
 *
 * @param report receives the result of each image as soon as it is known
 * @throws when an image has a vulnerability that must be fixed, or could not be scanned
 */
export async function scanStack(program: Program, report: (text: string) => void): Promise<string> {
  const { stack } = program;
  const references = deployedImages(stack, await outputs(program));
  const count = Object.keys(references).length;
  if (count === 0) return `Stack ${stack} builds no images; nothing was scanned.`;
  const { registry } = await buildSettingsOf(stack, program.environment.PULUMI_CONFIG_FILE);
  const args = ["config", "get", "registryPassword", ...program.configuration];
  const password = (await pulumi(program, args)).stdout.trim();
  const cache = cacheFolder(program.environment);
  await engineForImages();
  const scanner = await scannerOf(cache, program.environment);
  const passes = await scanPulled(references, [{ ...registry, password }], scanner, report);
  if (passes) return `The ${count} images of stack ${stack} have no vulnerability to fix.`;
  throw new Error(`images of stack ${stack} have vulnerabilities with a fix, see above. ${remedy}`);
}
