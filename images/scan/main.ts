/**
 * Builds every image of a stack without pushing it, and scans it for known vulnerabilities:
 *
 *   node images/scan/main.ts [stack]     default: prod
 *
 * Ends with 1 when an image has a vulnerability that must be fixed before it is deployed. The data is that of osv.dev, and
 * takes the internet; OSV_DATABASE names a folder with a copy of it instead. OSV_SCANNER names an installed osv-scanner,
 * PULUMI_CONFIG_FILE another stack file than `Pulumi.<stack>.yaml`.
 */
import { obtain } from "../../tools/artefacts/obtain.ts";
import { imageOf } from "../../tools/docker/images/build.ts";
import { cacheFolder } from "../../tools/repository.ts";
import { engineForImages } from "./engine.ts";
import { buildSettingsOf, scannedImages } from "./images.ts";
import { scanImage, scannerOf } from "./scanner.ts";
import { scanAll } from "./vulnerabilities.ts";

const stack = process.argv[2] ?? "prod";
const cache = cacheFolder();
const images = scannedImages(await buildSettingsOf(stack, process.env.PULUMI_CONFIG_FILE));
await engineForImages(cache);
const scanner = await scannerOf(cache);
const artefacts = images.map(({ artefact }) => artefact);
const folders = await obtain(artefacts, {
  cache,
  onEvent: (event) => {
    if (event.kind !== "output") process.stderr.write(`${event.kind} ${event.artefact.name}\n`);
  },
});
const passes = await scanAll(
  images,
  async ({ artefact }) => scanImage(scanner, await imageOf(folders.get(artefact.name) ?? "")),
  (text) => process.stdout.write(`${text}\n`),
);
process.exitCode = passes ? 0 : 1;
