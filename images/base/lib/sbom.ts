/**
 * Writes a bill of materials as CycloneDX:
 *
 *   node sbom.ts <folder> <file>            npm packages of the folder's lock file, by `npm sbom`
 *   node sbom.ts --system <root> <file>     Debian packages that are installed under a root folder, and this Node.js
 *
 * The text depends on its input only, so that the same packages give the same layer of the image: npm's time stamp and
 * random serial number are left out.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Component, debianComponents, nodeComponent } from "./packages.ts";

interface Bom {
  bomFormat: string;
  specVersion: string;
  serialNumber?: string;
  version: number;
  metadata: { timestamp?: string; component: { name: string } };
  components: Component[];
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

/**
 * The bill of the operating system under `root`, with Node.js of this version.
 * @throws when it has no list of installed packages
 */
export function systemBomOf(root: string, nodeVersion = process.versions.node): Bom {
  const read = (path: string) => readFileSync(join(root, path), "utf8");
  const packages = debianComponents(read("var/lib/dpkg/status"), read("usr/lib/os-release"));
  if (packages.length === 0) throw new Error(`${root}/var/lib/dpkg/status names no installed package`);
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: { component: { type: "operating-system", name: "base" } as Component },
    components: [...packages, nodeComponent(nodeVersion)],
  };
}

if (import.meta.main) {
  const given = process.argv.slice(2);
  const system = given[0] === "--system";
  const [source, file] = system ? given.slice(1) : given;
  if (!source || !file) throw new Error("usage: node sbom.ts [--system] <folder> <file>");
  mkdirSync(dirname(file), { recursive: true });
  const bom = system ? systemBomOf(source) : bomOf(source);
  writeFileSync(file, `${JSON.stringify(bom, null, 2)}\n`);
}
