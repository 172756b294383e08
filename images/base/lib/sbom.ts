/**
 * Writes the bill of materials of the npm packages that a folder's lock file names, as CycloneDX, by `npm sbom`.
 *
 *   node sbom.ts <folder> <file>
 *
 * npm puts the moment and a random number into it. Both are taken out: the same lock file gives the same text, and so
 * the same layer of the image.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

interface Bom {
  bomFormat: string;
  serialNumber?: string;
  metadata: { timestamp?: string; component: { name: string } };
  components: unknown[];
}

/** The bill of a folder's production packages. @throws with npm's own words when it has no lock file */
export function bomOf(folder: string): Bom {
  const args = ["sbom", "--sbom-format=cyclonedx", "--omit=dev", "--package-lock-only"];
  const npm = spawnSync("npm", args, { cwd: folder, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (npm.error) throw npm.error;
  if (npm.status !== 0) throw new Error(`npm sbom in ${folder} ended with ${npm.status}:\n${npm.stderr}`);
  const bom = JSON.parse(npm.stdout) as Bom;
  delete bom.serialNumber;
  delete bom.metadata.timestamp;
  return bom;
}

if (import.meta.main) {
  const [folder, file] = process.argv.slice(2);
  if (!folder || !file) throw new Error("usage: node sbom.ts <folder> <file>");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(bomOf(folder), null, 2)}\n`);
}
