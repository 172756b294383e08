/**
 * Scans images of a stack for known vulnerabilities, by its stack file:
 *
 *   node images/scan/main.ts [stack] [ours]     builds every image of the stack without pushing it; default: prod
 *   node images/scan/main.ts <stack> others     pulls the images of others that the stack runs
 *
 * Ends with 1 when an image has a vulnerability that must be fixed before it is deployed. The data is that of osv.dev, and
 * takes the internet; OSV_DATABASE names a folder with a copy of it instead. OSV_SCANNER names an installed osv-scanner,
 * PULUMI_CONFIG_FILE another stack file than `Pulumi.<stack>.yaml`.
 */
import { imagesOfOthersIn } from "../../components/images/digests.ts";
import { obtain } from "../../tools/artefacts/obtain.ts";
import { imageOf } from "../../tools/docker/images/build.ts";
import { cacheFolder } from "../../tools/repository.ts";
import { engineForImages } from "./engine.ts";
import { scannedImages } from "./images.ts";
import { scanPulled } from "./pulled.ts";
import { scanImage, scannerOf } from "./scanner.ts";
import { buildSettingsOf, settingsOf } from "./stackFile.ts";
import { scanAll } from "./vulnerabilities.ts";

const cache = cacheFolder();
const stackFile = process.env.PULUMI_CONFIG_FILE;
const report = (text: string) => void process.stdout.write(`${text}\n`);

async function scanOurs(stack: string): Promise<boolean> {
  const images = scannedImages(await buildSettingsOf(stack, stackFile));
  await engineForImages();
  const scanner = await scannerOf(cache);
  const artefacts = images.map(({ artefact }) => artefact);
  const folders = await obtain(artefacts, {
    cache,
    onEvent: (event) => {
      if (event.kind !== "output") process.stderr.write(`${event.kind} ${event.artefact.name}\n`);
    },
  });
  return scanAll(
    images,
    async ({ artefact }) => scanImage(scanner, await imageOf(folders.get(artefact.name) ?? "")),
    report,
  );
}

async function scanOthers(stack: string): Promise<boolean> {
  const images = imagesOfOthersIn(await settingsOf(stack, stackFile));
  await engineForImages();
  const references = Object.fromEntries(images.map((image) => [image.replace(/@.*$/, ""), image]));
  const passes = await scanPulled(references, [], await scannerOf(cache), report);
  if (!passes) {
    process.stderr.write(
      "Run newer versions of these images: docs/runbooks/upgrade.md#an-image-of-others-is-vulnerable\n",
    );
  }
  return passes;
}

const kinds: Record<string, (stack: string) => Promise<boolean>> = { ours: scanOurs, others: scanOthers };
const [stack = "prod", kind = "ours"] = process.argv.slice(2);
const scan = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
if (scan) process.exitCode = (await scan(stack)) ? 0 : 1;
else {
  process.stderr.write(`${kind}: no such images to scan; there are ${Object.keys(kinds).join(" and ")}\n`);
  process.exitCode = 2;
}
