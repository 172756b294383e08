/**
 * Builds every image of a stack without pushing it, and looks for known holes in them:
 *
 *   node images/scan/main.ts [stack]     default: prod
 *
 * Ends with 1 when an image holds what should be closed before it is deployed. The data is that of osv.dev, and takes
 * the internet; OSV_DATABASE names a folder with a copy of it instead.
 */
import { obtain } from "../../lab/artefacts/obtain.ts";
import { imageOf } from "../../lab/images/build.ts";
import { labOf } from "../../lab/lab.ts";
import { ensureEngine } from "../../lab/machines/engine/engine.ts";
import { osvScanner } from "./artefact.ts";
import { buildSettingsOf, scannedImages } from "./images.ts";
import { judgeAll } from "./judge.ts";
import { scanImage } from "./scanner.ts";

const stack = process.argv[2] ?? "prod";
const lab = labOf();
const images = scannedImages(await buildSettingsOf(stack));
await ensureEngine(lab.folder);
const folders = await obtain([osvScanner, ...images.map(({ artefact }) => artefact)], {
  cache: lab.cache,
  onEvent: (event) => {
    if (event.kind !== "output") process.stderr.write(`${event.kind} ${event.artefact.name}\n`);
  },
});
const folderOf = (name: string) => folders.get(name) ?? "";
const scanner = `${folderOf(osvScanner.name)}/osv-scanner`;
const passes = await judgeAll(
  images,
  async ({ artefact }) =>
    scanImage(scanner, await imageOf(folderOf(artefact.name)), process.env.OSV_DATABASE),
  (text) => process.stdout.write(`${text}\n`),
);
process.exitCode = passes ? 0 : 1;
